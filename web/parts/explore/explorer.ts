import type { Family } from '#core/brief.ts';
import type { Space } from '#core/space.ts';
import { findTask } from '#store/task.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { variedNames } from '#web/parts/answer.ts';
import { readCurves } from '#web/parts/curves.ts';
import { choice } from '#web/parts/field.ts';
import { count } from '#web/parts/number.ts';
import type { Series } from '#web/parts/pictures/curves.ts';
import { drawOrSay, familyPicture } from '#web/parts/pictures/family-picture.ts';
import { createKept } from '#web/parts/pictures/kept.ts';
import { readDimmedRuns } from '#web/parts/pictures/passing.ts';
import type { Run } from '#web/parts/pictures/runs.ts';
import { filterOf } from '#web/parts/pictures/study.ts';
import { paths, type Query } from '#web/paths.ts';
import { EACH_CONFIGURATION, type Explored } from './asked.ts';
import { panelsOf } from './panels.ts';

/** Curves that are read: enough for a band of each group, few enough to be read while a page waits. */
const MOST_CURVES = 120;
const MOST_KEPT_CHARACTERS = 4_000_000;

const kept = createKept<Fragment>(MOST_KEPT_CHARACTERS, (fragment) => fragment.length);

/**
 * The form that chooses what the explorer shows. A plain GET: its address is the view.
 *
 * @param beside what the address says of the rest of the page, which stays as it is
 */
export function exploreForm(family: Pick<Family, 'id'>, space: Space, asked: Explored, beside: Query): Fragment {
  const names = variedNames(space).map((name) => ({ value: name, text: name }));
  if (names.length === 0) return nothing;
  const hidden = Object.entries(beside).flatMap(([name, value]) => (value === null || value === undefined || value === '' ? [] : [html`<input type="hidden" name="${name}" value="${value}">`]));
  return html`<form class="filters" method="get" action="${paths.family(family.id)}#explorer" autocomplete="off">${hidden}
${choice({ name: 'group', label: 'Group by', value: asked.group ?? '', options: [...names, { value: EACH_CONFIGURATION, text: 'each configuration' }] })}
${choice({ name: 'split', label: 'A picture for each', value: asked.split ?? '', options: [{ value: '', text: 'none: one picture' }, ...names] })}
${choice({ name: 'centre', label: 'Centre', value: asked.centre, options: [{ value: 'mean', text: 'mean' }, { value: 'median', text: 'median' }] })}
${choice({ name: 'spread', label: 'Spread', value: asked.spread, options: [{ value: 'sd', text: 'standard deviation' }, { value: 'se', text: 'standard error' }, { value: 'ci', text: '95 % interval' }, { value: 'range', text: 'lowest to highest' }] })}
${choice({ name: 'show', label: 'Show', value: asked.show, options: [{ value: 'values', text: 'values' }, { value: 'curves', text: 'learning curves' }] })}
<button type="submit" class="secondary">Show</button></form>`;
}

/** What was asked for, drawn once per version of the family. */
export function explorerView(site: Site, family: Family, space: Space, asked: Explored, filter: string): Promise<Fragment> {
  if (asked.show === 'values') return familyPicture(site, family, 'groups', { metric: family.metric, familyId: family.id, space, page: { path: paths.family(family.id), query: {} }, filter, baseline: family.baseline, asked });
  // Not the version: that also grows when a task is handed out, which changes no curve that ended.
  const { n, mean, m2 } = family.rollup;
  return kept(site.reader, `curves ${family.id} ${JSON.stringify({ asked, filter })}`, `${n} ${mean} ${m2}`, () => groupCurves(site, family, space, asked, filter));
}

async function groupCurves(site: Site, family: Family, space: Space, asked: Explored, filter: string): Promise<Fragment> {
  const study = { metric: family.metric, space, page: { path: paths.family(family.id), query: {} }, filter };
  const understood = filterOf(study);
  const runs = await readDimmedRuns(site.reader, family, filter, understood, site.engine.now());
  const panels = panelsOf(runs.filter((run) => run.dimmed !== true), family.metric, space, asked, understood.terms.length === 0 ? '' : filter);
  const rows = panels.flatMap((panel) => panel.rows);
  const share = Math.max(1, Math.floor(MOST_CURVES / Math.max(1, rows.length)));
  const chosen = rows.map((row) => evenly(row.group.runs.filter((run) => run.value !== null), share));
  const tasks = (await Promise.all(chosen.flat().map((run) => findTask(site.reader, run.id)))).filter((task) => task !== null);
  const read = await readCurves(site.reader, tasks, family.metric);
  const pictures: Fragment[] = [];
  for (const [at, panel] of panels.entries()) {
    const series = panel.rows.map((row): Series => ({
      label: row.label,
      href: row.filter === null ? paths.tasks({ family: family.id }) : paths.tasks({ family: family.id, filter: row.filter }),
      of: row.group.summary.n,
      curves: (chosen[rows.indexOf(row)] ?? []).flatMap((run) => {
        const places = read.byTask.get(run.id);
        return places === undefined ? [] : [{ id: run.id, number: run.number, places }];
      }),
    }));
    const picture = await drawOrSay(site, 'curves', { id: `group-curves-${at + 1}`, name: read.name, timed: read.timed, metric: family.metric, series });
    pictures.push(html`<div>${panel.label === null ? null : html`<h3>${panel.label}</h3>`}${picture}</div>`);
  }
  const total = rows.reduce((sum, row) => sum + row.group.summary.n, 0);
  const sampled = tasks.length < total ? html`<p class="fine">${count(tasks.length)} of ${count(total)} completed runs are read, evenly spread by their numbers.</p>` : nothing;
  return html`<div class="multiples${panels.length > 1 ? ' several' : ''}">${pictures}</div>${sampled}`;
}

/** At most so many of the runs, evenly spread. */
function evenly(runs: readonly Run[], most: number): Run[] {
  return runs.length <= most ? [...runs] : Array.from({ length: most }, (_, index) => runs[Math.floor((index * runs.length) / most)]).filter((run) => run !== undefined);
}
