import { aggregate, aggregateBy, aggregateConfigurations, type Group, type Member } from '#core/aggregate.ts';
import { isBetter, type Metric } from '#core/experiment.ts';
import { FILTER_FIELDS } from '#core/filter/language.ts';
import { groupBy, type Condition } from '#core/grouping.ts';
import type { Space } from '#core/space.ts';
import { intervalOf, type Centre, type Interval } from '#core/stats/summary.ts';
import { leaderName } from '#web/parts/answer.ts';
import { EACH_CONFIGURATION, type Explored } from './asked.ts';

/** A group as it is shown: what it is called, the filter that lists its tasks, and what its values say. */
export type PanelRow<Run extends Member = Member> = { label: string; filter: string | null; group: Group<Run>; centre: number | null; interval: Interval | null };

/** The groups of one value of the parameter that pictures are split by; all of them where none is. */
export type Panel<Run extends Member = Member> = { label: string | null; rows: PanelRow<Run>[] };

/** Configurations beyond the best of them would be more rows than anybody reads. */
const MOST_CONFIGURATIONS = 12;
const PLAIN_WORD = /^[A-Za-z_][\w.+-]*$/;

type Parted<Run extends Member> = { label: string; filter: string | null; runs: readonly Run[] };

/**
 * The runs in groups, and these in panels. Every panel has the same groups in the same order, so that colours agree.
 *
 * @param within the filter that these runs passed, which those of the groups go on from
 */
export function panelsOf<Run extends Member>(runs: readonly Run[], metric: Metric, space: Space, asked: Explored, within = ''): Panel<Run>[] {
  const panels = partRuns(runs, metric, space, asked);
  const row = (one: PanelRow<Run>): PanelRow<Run> => ({ ...one, filter: one.filter === null ? null : `${within} ${one.filter}`.trim() });
  return panels.map((panel) => ({ ...panel, rows: panel.rows.map(row) }));
}

function partRuns<Run extends Member>(runs: readonly Run[], metric: Metric, space: Space, asked: Explored): Panel<Run>[] {
  if (asked.group === EACH_CONFIGURATION) return [{ label: null, rows: bestConfigurations(runs, metric, space, asked) }];
  const panels: Parted<Run>[] = asked.split === null ? [{ label: '', filter: '', runs }] : partBy(runs, asked.split, metric, space);
  const grouping = asked.group === null ? null : groupBy(asked.group, runs.map((run) => run.config), space.parameters[asked.group] ?? null);
  return panels.map((panel) => {
    const groups = grouping === null ? [aggregate(panel.runs, metric)] : aggregateBy(panel.runs, grouping, metric);
    const rows = groups.map((group, index) => {
      const named = grouping?.groups[index];
      const own = named === undefined ? '' : filterOf(asked.group ?? '', named.condition, metric);
      return rowOf(named?.label ?? 'all', own === null || panel.filter === null ? null : `${panel.filter} ${own}`.trim(), group, asked);
    });
    return { label: asked.split === null ? null : `${asked.split} ${panel.label}`, rows };
  });
}

/** Which of two centres is better; a group without one is worse than any with. */
export function leads(metric: Pick<Metric, 'direction'>, centre: number | null, other: number | null): boolean {
  return centre !== null && (other === null || isBetter(metric, centre, other));
}

function partBy<Run extends Member>(runs: readonly Run[], name: string, metric: Metric, space: Space): Parted<Run>[] {
  const grouping = groupBy(name, runs.map((run) => run.config), space.parameters[name] ?? null);
  return aggregateBy(runs, grouping, metric).map((group, index) => {
    const named = grouping.groups[index];
    return { label: named?.label ?? '', filter: named === undefined ? null : filterOf(name, named.condition, metric), runs: group.runs };
  });
}

function bestConfigurations<Run extends Member>(runs: readonly Run[], metric: Metric, space: Space, asked: Explored): PanelRow<Run>[] {
  const groups = aggregateConfigurations(runs, metric).filter((group) => group.summary.n > 0);
  const centreOf = (group: Group<Run>) => group.summary[asked.centre];
  const ranked = groups.sort((left, right) => (leads(metric, centreOf(left), centreOf(right)) ? -1 : leads(metric, centreOf(right), centreOf(left)) ? 1 : 0));
  return ranked.slice(0, MOST_CONFIGURATIONS).map((group) => {
    const [first, last] = [group.runs[0], group.runs.at(-1)];
    const name = first === undefined ? '' : `#${first.number}: ${leaderName(first.config, space)}`;
    // Seeds that were added later do not stand beside the others: no filter names just them.
    const together = first !== undefined && last !== undefined && last.number - first.number === group.runs.length - 1;
    return rowOf(name, together ? `number>=${first.number} number<=${last.number}` : null, group, asked);
  });
}

function rowOf<Run extends Member>(label: string, filter: string | null, group: Group<Run>, { centre, spread }: { centre: Centre; spread: Explored['spread'] }): PanelRow<Run> {
  return { label, filter, group, centre: group.summary[centre], interval: intervalOf(group.summary, group.sorted, centre, spread) };
}

/** The terms of the filter language that hold for a group; null where it has none. */
export function filterOf(name: string, condition: Condition, metric: Pick<Metric, 'name'>): string | null {
  const field = Object.hasOwn(FILTER_FIELDS, name) || name === metric.name ? `config.${name}` : name;
  if (condition.kind === 'equal') {
    const text = String(condition.value);
    return `${field}=${typeof condition.value !== 'string' || PLAIN_WORD.test(text) ? text : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`}`;
  }
  if (condition.kind !== 'range') return null;
  return [condition.from === null ? '' : `${field}>=${condition.from}`, condition.below === null ? '' : `${field}<${condition.below}`].filter((term) => term !== '').join(' ') || null;
}
