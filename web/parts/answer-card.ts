import type { Brief, Family } from '#core/brief.ts';
import { isBetter } from '#core/experiment.ts';
import { countOpenAudits } from '#store/audit.ts';
import { countVerified } from '#store/verification.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { answerFigures } from '#web/parts/answer-figures.ts';
import { answer, caveat } from '#web/parts/answer.ts';
import { isExtendable } from '#web/parts/brief-actions.ts';
import { count, countOf, measured } from '#web/parts/number.ts';
import { readOutlook } from '#web/parts/outlook.ts';
import { progressBar, progressText } from '#web/parts/progress.ts';
import { readStanding } from '#web/parts/standing.ts';
import { paths } from '#web/paths.ts';

/** The answer so far, what keeps it from being certain, how far the campaign is, and the figures it rests on. */
export async function answerCard(site: Site, brief: Brief, family: Family, synthetic: boolean): Promise<Fragment> {
  const [standing, outlook] = await Promise.all([readStanding(site.reader, family), readOutlook(site, brief, family)]);
  const seedsToCome = brief.replicates > 1 && family.counts.pending + family.counts.running > 0;
  const remark = caveat(standing, isExtendable(brief.state) ? paths.briefAction(brief.id, 'confirm') : null, seedsToCome);
  return html`<article class="answer" aria-label="Answer so far"><p class="said">${answer(brief, family, standing, outlook)}</p>${remark === null ? null : html`<p class="fine">${remark}</p>`}${outlook.standstill === null ? null : html`<div class="notice warn">${outlook.standstill}</div>`}
${brief.state === 'draft' ? null : html`<div class="so-far">${progressBar(family.counts)}<p class="fine">${progressText(family.counts)}</p></div>`}${answerFigures(site, { brief, family, standing, outlook, synthetic })}${await verified(site, brief, family)}</article>`;
}

/** How much of the answer is verified, and which value would be the best if its audit confirmed it; nothing in briefs without verification. */
async function verified(site: Site, brief: Brief, family: Family): Promise<Content> {
  if (family.verification === null || brief.state === 'draft') return null;
  const { metric, rollup } = family;
  const [many, open] = await Promise.all([countVerified(site.reader, family.id), countOpenAudits(site.reader, family.id)]);
  const lead = metric.direction === 'minimize' ? rollup.min : rollup.max;
  const isCandidate = lead !== null && (rollup.best === null || isBetter(metric, lead, rollup.best));
  const audits = open.waiting + open.running;
  return html`<p class="fine">Verified: ${count(many)} of ${countOf(rollup.n, 'result')}${audits === 0 ? null : html`; ${countOf(audits, 'audit')} to come`}.${isCandidate ? html` ${measured(lead)} would be the best, but no audit has confirmed it yet.` : null}</p>`;
}
