import { type Brief, type Family } from '#core/brief.ts';
import { listBriefs } from '#store/brief.ts';
import type { Reader } from '#store/seam.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { roughly } from '#web/parts/answer.ts';
import { badge, syntheticMark } from '#web/parts/badge.ts';
import { bestOfText, count, measured } from '#web/parts/number.ts';
import { readOutlook, type Outlook } from '#web/parts/outlook.ts';
import { familySparkline } from '#web/parts/pictures/sparkline.ts';
import { progressBar, settledOf } from '#web/parts/progress.ts';
import { card, emptyState, table, type Row } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readFamilies } from '#web/related.ts';
import { readSyntheticNames } from '#web/synthetic.ts';
import { stillThere } from '#web/vanished.ts';

/** A campaign that is not over, with what lies ahead of it. */
export type OpenCampaign = { brief: Brief; family: Family; outlook: Outlook };

const MOST_CAMPAIGNS = 8;
const MOST_EXHAUSTED = 4;

/** Reads in progress: the parts of one page ask at the same time, and share one. */
const reading = new WeakMap<Reader, Promise<OpenCampaign[]>>();

/** The newest campaigns that have run out of credits, that run, and that are paused. */
export function readOpenCampaigns(site: Site): Promise<OpenCampaign[]> {
  const begun = reading.get(site.reader) ?? readCampaigns(site).finally(() => reading.delete(site.reader));
  reading.set(site.reader, begun);
  return begun;
}

async function readCampaigns(site: Site): Promise<OpenCampaign[]> {
  const read = (state: 'running' | 'exhausted' | 'paused') => listBriefs(site.reader, { limit: MOST_CAMPAIGNS, before: null, state });
  const [exhausted, running, paused] = await Promise.all([read('exhausted'), read('running'), read('paused')]);
  // What stands still for want of credits comes first, but never hides all that runs.
  const briefs = [...exhausted.slice(0, MOST_EXHAUSTED), ...running, ...paused].slice(0, MOST_CAMPAIGNS);
  const families = await readFamilies(site.reader, briefs.map((brief) => brief.familyId));
  return Promise.all(briefs.map(async (brief) => {
    const family = stillThere(families.get(brief.familyId));
    return { brief, family, outlook: await readOutlook(site, brief, family) };
  }));
}

/** The campaigns in progress as a card. */
export async function campaignsCard(site: Site): Promise<Fragment> {
  const [open, synthetic] = await Promise.all([readOpenCampaigns(site), readSyntheticNames(site.reader)]);
  const rows = await Promise.all(open.map(async (campaign) => rowOf(campaign, await familySparkline(site.reader, campaign.family), synthetic.has(campaign.brief.experiment))));
  const columns = [{ head: 'Brief', kind: 'wide' }, { head: 'Best so far' }, { head: 'Best', kind: 'num' }, { head: 'Progress' }, { head: 'Left', kind: 'num' }, { head: 'Running', kind: 'num' }] as const;
  const body =
    rows.length === 0
      ? emptyState('No campaign is running', 'A brief asks one question: which configuration gives the best value within a budget? Workers then train until it is answered.', html`<a role="button" href="${paths.briefNew()}">Write a brief</a>`)
      : table('Campaigns in progress', columns, rows, 'stacked');
  return card('Campaigns in progress', body, html`<a href="${paths.briefs()}">All briefs</a>`);
}

function rowOf({ brief, family, outlook }: OpenCampaign, trend: Fragment, synthetic: boolean): Row {
  const { counts, rollup, metric } = family;
  return {
    id: `campaign-${brief.id}`,
    cells: [
      html`<a href="${paths.brief(brief.id)}">${brief.title}</a><small>${brief.experiment} · ${brief.strategy.name} ${brief.state === 'running' ? null : badge(brief.state)} ${syntheticMark(synthetic)}</small>`,
      trend,
      html`${rollup.bestTaskId === null ? measured(null) : html`<a href="${paths.task(rollup.bestTaskId)}">${measured(rollup.best)}</a>`}<small>${metric.name}, ${bestOfText(rollup.n)}</small>`,
      html`${progressBar(counts)}<small>${settledOf(counts)}${counts.failed > 0 ? ` · ${count(counts.failed)} failed` : ''}</small>`,
      left(brief, outlook),
      html`<a href="${paths.tasks({ family: family.id, state: 'running' })}">${count(counts.running)}</a>`,
    ],
  };
}

/** The time left at the present share of the machines; it is an estimate and says so. */
function left(brief: Brief, { left: estimate }: Outlook): Content {
  if (brief.state !== 'running') return html`<span class="none">${brief.state}</span>`;
  if (estimate === null) return html`<span class="none" title="No worker can take its tasks now">–</span>`;
  const most = roughly(estimate.mostMs);
  return html`<span title="From ${roughly(estimate.leastMs)}, if every worker that fits were free for it, to ${most} at its present share of them">${/^\d/.test(most) ? `≈ ${most}` : most}</span>`;
}
