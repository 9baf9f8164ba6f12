import { setImmediate } from 'node:timers/promises';
import type { Family } from '#core/brief.ts';
import { matches } from '#core/filter.ts';
import type { Filter, FilterContext, FilteredTask } from '#core/filter/language.ts';
import type { Reader } from '#store/seam.ts';
import { listTasks, type TaskKey } from '#store/task.ts';
import { readWorkers } from '#web/related.ts';
import { createKept } from './kept.ts';
import { readRuns, type Run } from './runs.ts';

const RUNS_AT_ONCE = 1000;
const TASKS_PER_READ = 500;
const MOST_RUNS_KEPT = 60_000;
/** What of a task a run does not hold; filters that ask for these read the tasks. */
const ONLY_OF_TASKS = ['error', 'attempt', 'priority', 'created'];

const kept = createKept<readonly Run[]>(MOST_RUNS_KEPT, (runs) => runs.length);

/** The runs of a family, those dimmed that do not pass a filter; read and compared in portions, once per version. */
export function readDimmedRuns(reader: Reader, family: Pick<Family, 'id' | 'version' | 'name' | 'experiment' | 'briefId'>, filterText: string, filter: Filter, now: number): Promise<readonly Run[]> {
  if (filter.terms.length === 0) return readRuns(reader, family);
  return kept(reader, `${family.id} ${filterText}`, family.version, async () => {
    const runs = await readRuns(reader, family);
    const context: FilterContext = { now, workers: await readWorkers(reader, runs.map((run) => run.workerId)), families: new Map([[family.id, family]]), briefs: new Map([[family.briefId, { title: family.name }]]) };
    const needsTasks = filter.terms.some(({ field }) => field.of === 'metrics' || ONLY_OF_TASKS.includes(field.name));
    const passing = needsTasks ? await passingTasks(reader, family.id, filter, context) : null;
    const dimmed: Run[] = [];
    for (let from = 0; from < runs.length; from += RUNS_AT_ONCE) {
      if (from > 0) await setImmediate();
      for (const run of runs.slice(from, from + RUNS_AT_ONCE)) {
        const passes = passing === null ? matches(filter, asTask(run, family), context) : passing.has(run.id);
        dimmed.push(passes ? run : { ...run, dimmed: true });
      }
    }
    return dimmed;
  });
}

async function passingTasks(reader: Reader, familyId: string, filter: Filter, context: FilterContext): Promise<ReadonlySet<string>> {
  const passing = new Set<string>();
  let after: TaskKey | null = null;
  for (;;) {
    const tasks: Awaited<ReturnType<typeof listTasks>> = await listTasks(reader, { limit: TASKS_PER_READ, sort: 'oldest', after, familyId, state: null, workerId: null });
    for (const task of tasks) if (matches(filter, task, context)) passing.add(task.id);
    after = tasks.at(-1) ?? null;
    if (tasks.length < TASKS_PER_READ) return passing;
    await setImmediate();
  }
}

function asTask(run: Run, family: Pick<Family, 'id' | 'briefId'>): FilteredTask {
  return { ...run, familyId: family.id, briefId: family.briefId, attempt: 0, attemptsBefore: 0, priority: 0, metrics: null, error: null, createdAt: 0 };
}
