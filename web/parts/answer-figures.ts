import { runsCostMicrocredits, type Brief, type Family } from '#core/brief.ts';
import { standardDeviation } from '#core/rollup.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { shortText } from '#web/parts/answer.ts';
import { syntheticMark } from '#web/parts/badge.ts';
import { isStale } from '#web/parts/fleet/load.ts';
import { requirementsText } from '#web/parts/machine.ts';
import { ago } from '#web/parts/moment.ts';
import { count, countOf, credits, duration, meanAndDeviation, measured } from '#web/parts/number.ts';
import type { Outlook } from '#web/parts/outlook.ts';
import type { Standing } from '#web/parts/standing.ts';
import { facts } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';

type Shown = { brief: Brief; family: Family; standing: Standing | null; outlook: Outlook; synthetic: boolean };


/** The figures below the answer: each with what it was made from. */
export function answerFigures(site: Site, { brief, family, standing, outlook, synthetic }: Shown): Fragment {
  if (brief.state === 'draft') return planned(brief);
  const { counts, rollup, metric } = family;
  const best = rollup.bestTaskId === null ? measured(null) : html`<a href="${paths.task(rollup.bestTaskId)}">${measured(rollup.best)}</a> <small>n = 1</small>`;
  const noise = standing?.noise;
  const runs = html`${count(counts.completed)} <small>ok</small>${counts.failed === 0 ? null : html` · <a href="${paths.tasks({ family: family.id, state: 'failed' })}">${count(counts.failed)} <small>failed</small></a>`}`;
  // A single lucky run is not what leads where means do, so it comes second then.
  const led = (standing?.leader.rollup.n ?? 1) > 1;
  const single: [Content, Content] = [html`${led ? 'Best single run' : `Best ${metric.name}`} ${syntheticMark(synthetic)}`, best];
  const mean: [Content, Content] = ['Mean of all ± sd', html`${meanAndDeviation(rollup.n === 0 ? null : rollup.mean, standardDeviation(rollup))} <small>n = ${count(rollup.n)}</small>`];
  const pairs: [Content, Content][] = [
    ...(led ? [mean, single] : [single, mean]),
    ['Runs', runs],
    ['Noise (sd between seeds)', noise === null || noise === undefined ? html`<span class="none">not known</span>` : html`<span title="Pooled over all configurations with several seeds">${shortText(noise.deviation)}</span> <small>${countOf(noise.degrees, 'degree')} of freedom</small>`],
    ['Spent', html`<a href="${paths.credits({ brief: brief.id })}">${credits(brief.spentMicrocredits)}</a> <small>of ${credits(brief.budgetMicrocredits)} credits</small>`],
  ];
  return facts(counts.pending + counts.running === 0 ? pairs : [...pairs, ['Workers', machines(site, outlook)]]);
}

/** What a draft would do, since it has no results. */
function planned(brief: Brief): Fragment {
  return facts([
    ['Tasks', html`${count(brief.numTasks)} <small>${countOf(Math.ceil(brief.numTasks / brief.replicates), 'configuration')} × ${countOf(brief.replicates, 'seed')}</small>`],
    ['Price', html`${credits(runsCostMicrocredits(brief.numTasks, brief))} <small>of ${credits(brief.budgetMicrocredits)} credits</small>`],
    ['Time budget', html`${duration(brief.timeBudgetSeconds * 1000)} <small>for each task</small>`],
    ['Hardware', html`${brief.hardwareProfile} <small>${requirementsText(brief.requires)}</small>`],
  ]);
}

function machines(site: Site, { ready, slots, heardAt }: Outlook): Content {
  if (heardAt === null) return html`none <small>that is here fits</small>`;
  const now = site.engine.now();
  return html`${count(ready.length)} <small>here and fitting, ${countOf(slots, 'slot')}</small>${isStale(site, { lastSeenAt: heardAt }) ? html` <small class="wrong">stale: last heard ${ago(heardAt, now)}</small>` : null}`;
}
