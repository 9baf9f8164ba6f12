import { HEARTBEATS_UNTIL_OFFLINE, type Worker } from '#core/worker.ts';
import { listBriefs } from '#store/brief.ts';
import { listWorkSpans } from '#store/work-span.ts';
import { listWorkersLastSeen } from '#store/worker.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { badge, type State } from '#web/parts/badge.ts';
import { readMissing } from '#web/parts/credits/missing.ts';
import { ago } from '#web/parts/moment.ts';
import { count, countOf, creditsText } from '#web/parts/number.ts';
import { card } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readOpenCampaigns, type OpenCampaign } from './campaigns.ts';

const DAY_MS = 24 * 3_600_000;
/** More would be a list to work through, not something to notice. */
const MOST_ITEMS = 8;
const MOST_GONE = 4;
const MOST_FAILED_BRIEFS = 3;
/** What a worker had last: enough to find what was taken back from it when it fell silent. */
const MOST_HELD = 50;

type Item = { id: string; state: State; what: Fragment; text: Content };

/** What a person should look at, each with the way to it; a sentence of calm where there is nothing. */
export async function attentionCard(site: Site): Promise<Fragment> {
  const campaigns = await readOpenCampaigns(site);
  const [failedBriefs, gone, short] = await Promise.all([failed(site), silent(site), Promise.all(campaigns.map((campaign) => shortOfCredits(site, campaign)))]);
  const items: Item[] = [...campaigns.flatMap(exhausted), ...campaigns.flatMap(stuck), ...campaigns.flatMap(failing), ...failedBriefs, ...gone, ...short.flat()];
  const shown = items.slice(0, MOST_ITEMS);
  const rest = items.length > MOST_ITEMS ? html`<li class="fine">and ${countOf(items.length - MOST_ITEMS, 'more thing')}</li>` : null;
  const body = shown.length === 0 ? html`<p class="none">Nothing: no running campaign is stuck or failing, and no worker has fallen silent within a day.</p>` : html`<ul class="attention">${shown.map(listItem)}${rest}</ul>`;
  return card('Needs attention', body);
}

function listItem({ id, state, what, text }: Item): Fragment {
  return html`<li id="${id}">${badge(state)} ${what}<p>${text}</p></li>`;
}

/** What an item is about, in one line whatever its length. */
function about(href: string, name: string): Fragment {
  return html`<a class="clip" href="${href}" title="${name}">${name}</a>`;
}

function stuck({ brief, outlook }: OpenCampaign): Item[] {
  if (brief.state !== 'running' || outlook.standstill === null || outlook.standstill === undefined) return [];
  return [{ id: `stuck-${brief.id}`, state: 'stuck', what: about(paths.brief(brief.id), brief.title), text: outlook.standstill }];
}

function exhausted({ brief, outlook }: OpenCampaign): Item[] {
  return brief.state === 'exhausted' ? [{ id: `exhausted-${brief.id}`, state: 'exhausted', what: about(paths.brief(brief.id), brief.title), text: outlook.standstill }] : [];
}

function failing({ brief, family, outlook: { failure } }: OpenCampaign): Item[] {
  if (failure === null) return [];
  const { failed: many, completed } = family.counts;
  const most = failure.many === failure.of ? null : html`, ${count(failure.many)} of the last ${count(failure.of)}`;
  return [{
    id: `failing-${brief.id}`,
    state: 'failed',
    what: about(paths.brief(brief.id), brief.title),
    text: html`<a href="${paths.tasks({ family: family.id, state: 'failed' })}">${countOf(many, 'task')}</a> failed, ${count(completed)} completed. Most often <a href="${paths.task(failure.taskId)}"><code>${failure.kind}</code></a>${most}. <a role="button" class="secondary" href="${paths.tasks({ family: family.id, state: 'failed' })}">See and requeue</a>`,
  }];
}

/** Briefs that ended within a day with nothing but failures. */
async function failed(site: Site): Promise<Item[]> {
  const since = site.engine.now() - DAY_MS;
  const briefs = await listBriefs(site.reader, { limit: MOST_FAILED_BRIEFS, before: null, state: 'failed' });
  return briefs
    .filter((brief) => (brief.finishedAt ?? 0) > since)
    .map((brief): Item => ({ id: `failed-${brief.id}`, state: 'failed', what: about(paths.brief(brief.id), brief.title), text: html`Every task failed, ${ago(brief.finishedAt, site.engine.now())}. <a role="button" class="secondary" href="${paths.tasks({ family: brief.familyId, state: 'failed' })}">See and requeue</a>` }));
}

/** Workers that fell silent within a day, and what was taken back from them since. */
async function silent(site: Site): Promise<Item[]> {
  const now = site.engine.now();
  const before = now - HEARTBEATS_UNTIL_OFFLINE * site.engine.settings.heartbeatMs;
  const gone = await listWorkersLastSeen(site.reader, { since: now - DAY_MS, before }, MOST_GONE + 1);
  const items = await Promise.all(gone.slice(0, MOST_GONE).map(async (worker): Promise<Item> => ({ id: `gone-${worker.id}`, state: 'offline', what: about(paths.worker(worker.id), worker.name), text: await goneText(site, worker, now) })));
  if (gone.length > MOST_GONE) items.push({ id: 'gone-more', state: 'offline', what: about(paths.workers({ state: 'offline' }), 'More workers'), text: 'They fell silent within a day.' });
  return items;
}

async function goneText(site: Site, worker: Worker, now: number): Promise<Fragment> {
  const spans = await listWorkSpans(site.reader, worker.id, MOST_HELD);
  const back = spans.filter((span) => span.state === 'lost' && (span.finishedAt ?? 0) >= worker.lastSeenAt).length;
  const held = worker.running > 0 ? `${countOf(worker.running, 'task')} still with it` : '';
  const taken = back > 0 ? `${countOf(back, 'task')} taken back` : '';
  const words = [taken, held].filter((text) => text !== '').join(', ') || 'nothing was running on it';
  return html`Last heard ${ago(worker.lastSeenAt, now)}; ${words}`;
}

/** What a brief holds pays for its open tasks, unless failed attempts were paid and nothing could be added: as its notification says. */
async function shortOfCredits(site: Site, { brief, family }: OpenCampaign): Promise<Item[]> {
  if (brief.state === 'exhausted') return [];
  const { ofBudget, ofBalance, open } = await readMissing(site.reader, brief, family);
  const missing = Math.max(ofBudget, ofBalance);
  if (missing === 0) return [];
  return [{ id: `budget-${brief.id}`, state: 'budget', what: about(paths.credits({ brief: brief.id }), brief.title), text: html`${creditsText(missing)} credits are missing for all of its ${countOf(open, 'open task')}; failed attempts have taken them. <a href="${paths.briefAction(brief.id, 'top-up')}">Top it up</a>.` }];
}
