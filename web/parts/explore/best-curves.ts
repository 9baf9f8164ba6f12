import type { Family } from '#core/brief.ts';
import type { Space } from '#core/space.ts';
import { html, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { leaderName } from '#web/parts/answer.ts';
import { bestIds, readCompared } from '#web/parts/compare/read.ts';
import { readCurves } from '#web/parts/curves.ts';
import { drawOrSay } from '#web/parts/pictures/family-picture.ts';
import { paths } from '#web/paths.ts';

const MOST_DRAWN = 10;

/** The learning curves of the best tasks of a family over each other. */
export async function bestCurves(site: Site, family: Family, space: Space): Promise<Fragment> {
  const ids = await bestIds(site.reader, family.id, MOST_DRAWN);
  if (ids.length === 0) return html`<p class="none" id="best-curves">No task has a value of ${family.metric.name} yet: the curves of the best appear with the first.</p>`;
  const tasks = (await readCompared(site.reader, ids)).compared.map((one) => one.task);
  const read = await readCurves(site.reader, tasks, family.metric);
  const series = tasks.map((task) => {
    const places = read.byTask.get(task.id);
    return { label: `#${task.number}: ${leaderName(task.config, space)}`, href: paths.task(task.id), of: 1, curves: places === undefined ? [] : [{ id: task.id, number: task.number, places }] };
  });
  const picture = await drawOrSay(site, 'curves', { id: 'best-curves', name: read.name, timed: read.timed, metric: family.metric, series });
  return html`${picture}<p class="fine">The best ${tasks.length}. <a href="${paths.compare({ tasks: ids.join(',') })}">Compare them</a>, take their <a href="${paths.compareExport({ tasks: ids.join(','), what: 'curves' })}" download>curves as CSV</a>, or <a href="${paths.family(family.id, { show: 'curves' })}#explorer">see the curves of all, in groups</a>.</p>`;
}
