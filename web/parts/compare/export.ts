import type { Task } from '#core/task.ts';
import { listPoints, type PointPage } from '#store/point.ts';
import type { Reader } from '#store/seam.ts';
import { csvRow } from '#web/parts/csv.ts';
import type { ComparedColumn, Standing } from './columns.ts';

const POINTS_PER_READ = 2000;

/** The value table as CSV: a row for each task, with the figures of its column. */
export function* exportValues(columns: readonly ComparedColumn[], ranked: readonly (Standing | null)[]): Generator<string> {
  const names = [...new Set(columns.flatMap((column) => Object.keys(column.first.task.config)))];
  const fixed = ['column', 'task_id', 'family_id', 'number', 'state', 'seed', 'time_budget_seconds', 'metric', 'value', 'n', 'mean', 'sd', 'difference', 'noise_margin'];
  yield csvRow([...fixed, ...names.map((name) => `config.${name}`)]);
  for (const [index, column] of columns.entries()) {
    const { summary } = column.group;
    const standing = ranked[index] ?? null;
    for (const { task, family } of column.members) {
      const own = [column.letter, task.id, family.id, task.number, task.state, task.seed, task.timeBudgetSeconds, family.metric.name, task.value];
      const shared = [summary.n, summary.mean, summary.sd, standing?.by, standing?.margin];
      yield csvRow([...own, ...shared, ...names.map((name) => (Object.hasOwn(task.config, name) ? task.config[name] : null))]);
    }
  }
}

/** Every point of the last attempts of tasks as CSV, read in portions. */
export async function* exportCurves(reader: Reader, tasks: readonly Pick<Task, 'id' | 'number' | 'attempt'>[]): AsyncGenerator<string> {
  yield csvRow(['task_id', 'number', 'attempt', 'name', 'step', 'seconds', 'value']);
  for (const task of tasks) {
    let after: PointPage['after'] = null;
    for (;;) {
      const points = await listPoints(reader, task.id, task.attempt, { name: null, limit: POINTS_PER_READ, after });
      if (points.length > 0) yield points.map((point) => csvRow([task.id, task.number, task.attempt, point.name, point.step, point.atSeconds, point.value])).join('');
      after = points.at(-1) ?? null;
      if (points.length < POINTS_PER_READ) break;
    }
  }
}
