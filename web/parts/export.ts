import type { Family } from '#core/brief.ts';
import { assert } from '#core/errors.ts';
import type { Filter } from '#core/filter/language.ts';
import type { Scalar } from '#core/space.ts';
import type { Task } from '#core/task.ts';
import { fromRun } from '#protocol/provenance.ts';
import { toMomentOrNull } from '#protocol/scalar.ts';
import { fromTask } from '#protocol/task.ts';
import { findPackage } from '#store/experiment.ts';
import type { Reader } from '#store/seam.ts';
import { narrowSearch, searchTasks, type SearchKey, type TaskFinds, type TaskSearch } from '#store/task-search.ts';
import { readWorkers } from '#web/related.ts';
import { csvRow } from './csv.ts';

type Search = Omit<TaskSearch, 'after'>;

export type ExportFormat = 'csv' | 'json';

/** The media type of each format. */
export const EXPORT_TYPES: Record<ExportFormat, string> = { csv: 'text/csv; charset=utf-8', json: 'application/json; charset=utf-8' };

const TASKS_PER_READ = 500;

/**
 * The tasks of a family that pass a filter, in the order of their numbers, in pieces of text, with bounded memory whatever their number.
 *
 * CSV (RFC 4180) has a column for each key of any configuration or result, so the family is read twice.
 * JSON is an array of tasks in the wire's form, each with its provenance.
 */
export async function* exportFamily(reader: Reader, family: Pick<Family, 'id' | 'packageSha256'>, format: ExportFormat, filter: Filter, now: number): AsyncGenerator<string> {
  const search: Search = { scope: await narrowSearch(reader, filter, { familyId: family.id }), order: 'oldest', limit: TASKS_PER_READ, now };
  if (format === 'json') yield* exportJson(reader, search, family.packageSha256);
  else yield* exportCsv(reader, search);
}

async function* exportJson(reader: Reader, search: Search, packageSha256: string): AsyncGenerator<string> {
  const stored = await findPackage(reader, packageSha256);
  assert(stored !== null, 'the package of a family is kept');
  let separator = '[\n';
  for await (const tasks of readTasks(reader, search)) {
    const workers = await readWorkers(reader, tasks.map((task) => task.workerId));
    const whole = tasks.map((task) => ({ ...fromTask(task), provenance: fromRun(task, workers.get(task.workerId ?? '') ?? null, stored.experiment, packageSha256) }));
    yield separator + whole.map((task) => JSON.stringify(task)).join(',\n');
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

async function* exportCsv(reader: Reader, search: Search): AsyncGenerator<string> {
  const [configNames, metricNames] = [new Set<string>(), new Set<string>()];
  for await (const tasks of readTasks(reader, search)) {
    for (const task of tasks) {
      for (const name of Object.keys(task.config)) configNames.add(name);
      for (const name of Object.keys(task.metrics ?? {})) metricNames.add(name);
    }
  }
  const fixed = ['task_id', 'number', 'state', 'value', 'seed', 'attempt', 'worker_id', 'time_budget_seconds', 'started_at', 'finished_at', 'error'];
  yield csvRow([...fixed, ...[...configNames].map((name) => `config.${name}`), ...[...metricNames].map((name) => `metrics.${name}`)]);
  for await (const tasks of readTasks(reader, search)) {
    yield tasks.map((task) => csvRow([...fixedCells(task), ...[...configNames].map((name) => task.config[name]), ...[...metricNames].map((name) => task.metrics?.[name])])).join('');
  }
}

function fixedCells(task: Task): (Scalar | null)[] {
  const error = task.error === null ? null : `${task.error.kind}: ${task.error.message}`;
  return [task.id, task.number, task.state, task.value, task.seed, task.attempt, task.workerId, task.timeBudgetSeconds, toMomentOrNull(task.startedAt), toMomentOrNull(task.finishedAt), error];
}

async function* readTasks(reader: Reader, search: Search): AsyncGenerator<Task[]> {
  let after: SearchKey | null = null;
  do {
    const finds: TaskFinds = await searchTasks(reader, { ...search, after });
    if (finds.tasks.length > 0) yield finds.tasks;
    after = finds.goOn;
  } while (after !== null);
}
