import type { Metric } from '#core/experiment.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { count, countOf, measured, measuredText } from '#web/parts/number.ts';
import { table, type Column, type Row } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { EACH_CONFIGURATION, type Explored } from './asked.ts';
import { leads, type Panel, type PanelRow } from './panels.ts';

type Shown = { metric: Metric; familyId: string; baseline: number | null; asked: Explored };

/** The groups of all panels as one table: how many runs, centre and spread, the best, what failed. */
export function groupTable(panels: readonly Panel[], data: Shown): Fragment {
  const { metric, baseline, asked } = data;
  const isSplit = panels.some((panel) => panel.label !== null);
  const columns: Column[] = [
    ...(isSplit ? [{ head: asked.split } as const] : []),
    { head: asked.group === EACH_CONFIGURATION ? 'Configuration' : (asked.group ?? 'Runs') },
    { head: 'n', kind: 'num' },
    { head: `${asked.centre} ${metric.name}`, kind: 'num' },
    { head: HEADS[asked.spread], kind: 'num' },
    ...(baseline === null ? [] : [{ head: 'Δ baseline', kind: 'num' } as const]),
    { head: 'Best', kind: 'num' },
    { head: 'Failed', kind: 'num' },
    { head: 'Runs', kind: 'num' },
  ];
  const best = bestRow(panels, metric)?.row;
  const rows = panels.flatMap((panel, at) => panel.rows.map((row, index): Row => ({ id: `group-${at}-${index}`, cells: [...(isSplit ? [panel.label ?? ''] : []), ...cellsOf(row, row === best, data)] })));
  return table(`Groups of ${metric.name}`, columns, rows);
}

const HEADS: Record<Explored['spread'], string> = { sd: '± sd', se: '± se', ci: '95 % interval', range: 'Lowest … highest' };

/** Which group leads, in a sentence that says from how much. */
export function saidOfGroups(panels: readonly Panel[], { metric, asked }: Shown): Fragment {
  const best = bestRow(panels, metric);
  if (best === null) return html`<p>No group has a value yet.</p>`;
  const { row, panel } = best;
  const others = panels.flatMap((one) => one.rows).filter((one) => one.centre !== null).length - 1;
  const where = `${panel.label === null ? '' : `${panel.label}, `}${asked.group === EACH_CONFIGURATION || asked.group === null ? '' : `${asked.group} `}${row.label}`;
  const caveat = others === 0 || asked.group === EACH_CONFIGURATION ? '' : ' Runs of a group also differ in every other parameter that was varied.';
  const { sd } = row.group.summary;
  return html`<p class="explored"><strong>${where}</strong> has the best ${asked.centre}, ${measured(row.centre)}${sd === null ? '' : ` (sd ${measuredText(sd)}, n = ${count(row.group.summary.n)})`}, of ${countOf(others + 1, 'group')}.<small>${caveat}</small></p>`;
}

function bestRow(panels: readonly Panel[], metric: Metric): { panel: Panel; row: PanelRow } | null {
  const all = panels.flatMap((panel) => panel.rows.map((row) => ({ panel, row })));
  return all.reduce<{ panel: Panel; row: PanelRow } | null>((leader, one) => (leads(metric, one.row.centre, leader?.row.centre ?? null) ? one : leader), null);
}

function cellsOf(row: PanelRow, isBest: boolean, { familyId, baseline, asked }: Shown): Content[] {
  const { group, filter, centre, interval } = row;
  const link = (text: Content, more = ''): Content => (filter === null ? text : html`<a href="${paths.tasks({ family: familyId, filter: `${filter}${more}`.trim() })}">${text}</a>`);
  return [
    html`<span class="clip" title="${row.label}">${link(row.label)}</span>`,
    count(group.summary.n),
    html`${measured(centre)}${isBest ? html` <small>best</small>` : null}`,
    interval === null ? measured(null) : asked.spread === 'sd' || asked.spread === 'se' ? measured((interval.high - interval.low) / 2) : html`${measured(interval.low)} … ${measured(interval.high)}`,
    ...(baseline === null ? [] : [difference(centre, baseline)]),
    group.best === null ? measured(null) : html`<a href="${paths.task(group.best.id)}">${measured(group.best.value)}</a>`,
    group.failed === 0 ? '0' : link(count(group.failed), ' state:failed'),
    count(group.runs.length),
  ];
}

function difference(centre: number | null, baseline: number): Content {
  if (centre === null) return measured(null);
  const by = centre - baseline;
  return html`<data value="${by}" title="${by}">${by > 0 ? '+' : ''}${measuredText(by)}</data>`;
}
