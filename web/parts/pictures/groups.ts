import { dot, gridX, rect, ruleX, ruleY, type Markish } from '@observablehq/plot';
import { quantile } from '#core/stats/summary.ts';
import { html, type Fragment } from '#web/html.ts';
import type { Explored } from '#web/parts/explore/asked.ts';
import { panelsOf, type Panel, type PanelRow } from '#web/parts/explore/panels.ts';
import { groupTable, saidOfGroups } from '#web/parts/explore/table.ts';
import { countOf, measuredText } from '#web/parts/number.ts';
import { paths } from '#web/paths.ts';
import { styleOf } from './legend.ts';
import type { Run } from './runs.ts';
import { plainRange, type ValueRange } from './spread.ts';
import { filterOf, valuedRuns, type Study } from './study.ts';
import { drawPicture, MANY_MARKS, pictureFrame } from './svg.ts';
import { tickText } from './tick-text.ts';

export type GroupsData = Study & { familyId: string; baseline: number | null; asked: Explored };

/** Above this many runs a group shows the middle 80 % of its values instead of each. */
const MOST_DOTS = 400;
const ROW_HEIGHT = 30;
const LABEL_CHARACTERS = 20;
/** The share of a row's height over which its runs are scattered; the golden ratio spreads neighbours apart. */
const SCATTER = 0.55;
const GOLDEN = 0.6180339887;

/**
 * The values of a family's groups: every run as a dot, and for each group its centre with its spread. One picture, or
 * one for each value of a second parameter, all on the same axis. With it comes the table of the same figures.
 */
export function groups(all: readonly Run[], data: GroupsData): Fragment {
  const { metric, asked } = data;
  const runs = all.filter((run) => run.dimmed !== true);
  const valued = valuedRuns(runs);
  if (valued.length === 0) return html`<p class="none" id="groups">${data.filter === '' ? 'No task' : 'No task that passes the filter'} has a value of ${metric.name} yet: groups appear with the first.</p>`;
  const panels = panelsOf(runs, metric, data.space, asked, filterOf(data).terms.length === 0 ? '' : data.filter);
  const range = plainRange(valued, metric);
  const asDots = valued.length <= MOST_DOTS;
  const pictures = panels.map((panel, index) => drawPanel(panel, `groups-${index + 1}`, range, asDots, data));
  const beyond = valued.filter((run) => !range.holds(run.value)).length;
  return html`<div id="groups">${saidOfGroups(panels, data)}<div class="multiples${panels.length > 1 ? ' several' : ''}">${pictures}</div>
<p class="fine">${asDots ? 'Dot: a run' : 'Block: the middle 80 % of the runs'}; ring: the ${asked.centre}; bar: ${SPREAD_WORDS[asked.spread]}${data.baseline === null ? '' : '; dashed line: the baseline'}${beyond === 0 ? '' : `; ${countOf(beyond, 'value')} beyond the axis, at its edge`}.</p>${groupTable(panels, data)}</div>`;
}

/** What is drawn around the centre, in words. */
export const SPREAD_WORDS: Record<Explored['spread'], string> = { sd: '± one standard deviation', se: '± one standard error', ci: 'the 95 % interval of the centre', range: 'from the lowest to the highest' };

function drawPanel(panel: Panel<Run>, id: string, range: ValueRange, asDots: boolean, data: GroupsData): Fragment {
  const { rows } = panel;
  const { metric, baseline } = data;
  const summary = `${panel.label === null ? '' : `${panel.label}: `}${rows.map((row) => `${row.label}: ${row.centre === null ? 'no value' : measuredText(row.centre)}, n ${row.group.summary.n}`).join('; ')}`;
  const low = baseline === null ? range.low : Math.min(range.low, baseline);
  const high = baseline === null ? range.high : Math.max(range.high, baseline);
  const picture = drawPicture(
    {
      height: 60 + ROW_HEIGHT * rows.length,
      marginTop: 12,
      marginLeft: 150,
      marginRight: 20,
      marginBottom: 40,
      x: { label: metric.name, domain: [low, high], ticks: 5, tickFormat: tickText, labelArrow: 'none' },
      y: { label: null, domain: [rows.length - 0.5, -0.5], ticks: rows.map((_, index) => index), tickSize: 0, tickFormat: (index: number) => clipped(rows[index]?.label ?? '') },
      marks: [gridX({ ticks: 5, className: 'lines' }), baseline === null ? null : ruleX([baseline], { className: 'baseline' }), ...rows.flatMap((row, index) => rowMarks(row, index, range, asDots, data))],
    },
    summary,
  );
  return html`<div>${panel.label === null ? null : html`<h3>${panel.label}</h3>`}${pictureFrame(id, picture, '')}</div>`;
}

function rowMarks(row: PanelRow<Run>, index: number, range: ValueRange, asDots: boolean, { metric, familyId, asked }: GroupsData): Markish[] {
  const tone = styleOf(index).split(' ')[0];
  const values = row.group.runs.filter((run) => run.value !== null);
  const runs = asDots
    ? dot(values, { x: (run: Run) => range.clamp(run.value ?? 0), y: (run: Run) => index + (((run.number * GOLDEN) % 1) - 0.5) * SCATTER, r: 3, className: `scatter ${tone} ${MANY_MARKS}`, href: (run: Run) => paths.task(run.id), title: (run: Run) => `#${run.number}: ${metric.name} ${measuredText(run.value ?? 0)}` })
    : rect(values.length === 0 ? [] : [row], { x1: () => range.clamp(quantile(row.group.sorted, 0.1)), x2: () => range.clamp(quantile(row.group.sorted, 0.9)), y1: () => index - 0.3, y2: () => index + 0.3, className: `band ${tone}` });
  const { centre, interval } = row;
  const words = `${row.label}: ${asked.centre} ${measuredText(centre ?? 0)}${interval === null ? '' : `, from ${measuredText(interval.low)} to ${measuredText(interval.high)}`}, ${countOf(row.group.summary.n, 'run')}`;
  const link = row.filter === null ? {} : { href: () => paths.tasks({ family: familyId, filter: row.filter }) };
  return [
    runs,
    ruleY(interval === null ? [] : [interval], { y: () => index, x1: () => range.clamp(interval?.low ?? 0), x2: () => range.clamp(interval?.high ?? 0), className: `interval ${tone}` }),
    dot(centre === null ? [] : [row], { x: () => range.clamp(centre ?? 0), y: () => index, r: 5, className: `centre ${tone}`, title: () => words, ...link }),
  ];
}

function clipped(label: string): string {
  return label.length > LABEL_CHARACTERS ? `${label.slice(0, LABEL_CHARACTERS - 1)}…` : label;
}
