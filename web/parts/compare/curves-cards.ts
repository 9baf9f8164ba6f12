import { html, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { readCurves } from '#web/parts/curves.ts';
import type { Series } from '#web/parts/pictures/curves.ts';
import { drawOrSay } from '#web/parts/pictures/family-picture.ts';
import { card } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import type { ComparedColumn } from './columns.ts';

/** The learning curves of what is compared, one picture for each metric: unlike measures share no axis. */
export async function curvesCards(site: Site, columns: readonly ComparedColumn[], csv: string): Promise<Fragment> {
  const metrics = [...Map.groupBy(columns, ({ first: { family } }) => `${family.metric.name} ${family.metric.direction}`).values()];
  const cards = await Promise.all(
    metrics.map(async (members, index) => {
      const metric = members[0]?.first.family.metric ?? { name: '', direction: 'minimize', above: null };
      const read = await readCurves(site.reader, members.flatMap((column) => column.members.map((one) => one.task)), metric);
      // A column keeps its letter and its line in every picture, so the others stay in the list, without a curve.
      const series = columns.map((column): Series => {
        const own = members.includes(column) ? column.members : [];
        return {
          label: column.summary === '' ? column.letter : `${column.letter}: ${column.summary}`,
          href: paths.task(column.group.best?.id ?? column.first.task.id),
          of: own.length,
          curves: own.flatMap(({ task }) => {
            const places = read.byTask.get(task.id);
            return places === undefined ? [] : [{ id: task.id, number: task.number, places }];
          }),
        };
      });
      const picture = await drawOrSay(site, 'curves', { id: `curves-${index + 1}`, name: read.name, timed: read.timed, metric, series });
      return card(metrics.length === 1 ? 'Learning curves' : `Learning curves: ${metric.name}`, picture, html`<a href="${csv}" download>Curves as CSV</a>`);
    }),
  );
  return html`<section>${cards}</section>`;
}
