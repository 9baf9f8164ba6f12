import type { EarlierRun } from '#core/plausible.ts';
import type { Metrics } from '#core/result.ts';
import type { Configuration } from '#core/space.ts';
import type { Task, TaskState } from '#core/task.ts';
import { toTask, type TaskRow } from './row/task.ts';
import { empty, first, join, raw, sql, type Column, type Reader, type Sql, type Tx } from './seam.ts';

/** Rows of one statement: bounded by the 999 values that the smallest build of SQLite binds. */
const ROWS_PER_INSERT = 80;

/** Writes new pending tasks, all of one owner. */
export async function insertTasks(tx: Tx, tasks: readonly Task[], ownerId: string): Promise<void> {
  for (let from = 0; from < tasks.length; from += ROWS_PER_INSERT) {
    const rows = tasks.slice(from, from + ROWS_PER_INSERT).map(
      (task) => sql`(${task.id}, ${task.familyId}, ${task.briefId}, ${ownerId}, ${task.number}, ${task.state}, ${JSON.stringify(task.config)},
        ${task.seed}, ${task.timeBudgetSeconds}, ${task.priority}, ${task.createdAt})`,
    );
    await tx.run(sql`
      insert into tasks (id, family_id, brief_id, owner_id, number, state, config, seed, time_budget_seconds, priority, created_at)
      values ${join(rows)}`);
  }
}

/** The task with an id, unless its brief is being deleted. */
export async function findTask(reader: Reader, id: string): Promise<Task | null> {
  const row = await first<TaskRow>(reader, sql`
    select * from tasks where id = ${id} and not exists (select 1 from families where families.id = tasks.family_id and deleted_at is not null) limit 1`);
  return row === null ? null : toTask(row);
}

export type TaskSort = 'newest' | 'oldest' | 'value' | '-value' | 'finished';

/** Where a page of tasks begins: the sort keys of the last task of the page before. */
export type TaskKey = { familyId: string; number: number; value: number | null; finishedAt: number | null; id: string };

export type TaskPage = {
  limit: number;
  sort: TaskSort;
  after: TaskKey | null;
  familyId: string | null;
  state: TaskState | null;
  workerId: string | null;
};

/** Tasks in an order. `value` and `-value` list only tasks with a value and need a family; `finished` only those that ended. */
export async function listTasks(reader: Reader, page: TaskPage): Promise<Task[]> {
  const { after } = page;
  const orders: Record<TaskSort, { by: Sql; from: Sql }> = {
    newest: { by: sql`family_id desc, number desc`, from: sql`(family_id, number) < (${after?.familyId ?? ''}, ${after?.number ?? 0})` },
    oldest: { by: sql`family_id, number`, from: sql`(family_id, number) > (${after?.familyId ?? ''}, ${after?.number ?? 0})` },
    value: { by: sql`value, number`, from: sql`(value, number) > (${after?.value ?? 0}, ${after?.number ?? 0})` },
    '-value': { by: sql`value desc, number desc`, from: sql`(value, number) < (${after?.value ?? 0}, ${after?.number ?? 0})` },
    finished: { by: sql`finished_at desc, id desc`, from: sql`(finished_at, id) < (${after?.finishedAt ?? 0}, ${after?.id ?? ''})` },
  };
  const order = orders[page.sort];
  const rows = await reader.rows<TaskRow>(sql`
    select * from tasks where 1 = 1
    ${page.familyId === null ? empty : sql`and family_id = ${page.familyId}`}
    ${page.state === null ? empty : sql`and state = ${page.state}`}
    ${page.workerId === null ? empty : sql`and worker_id = ${page.workerId}`}
    ${page.sort === 'value' || page.sort === '-value' ? sql`and value is not null` : empty}
    ${page.sort === 'finished' ? sql`and finished_at is not null` : empty}
    ${after === null ? empty : sql`and ${order.from}`}
    order by ${order.by} limit ${page.limit}`);
  return rows.map(toTask);
}

/**
 * Hands out the next pending tasks of a family: highest priority first, then lowest number. They become running, with
 * their attempt number raised; other transactions that are claiming at the same moment are passed over, not waited for.
 */
export async function takePendingTasks(tx: Tx, familyId: string, workerId: string, most: number, now: number): Promise<Task[]> {
  const rows = tx.dialect === 'postgres' ? await takeTogether(tx, familyId, workerId, most, now) : await takeOneByOne(tx, familyId, workerId, most, now);
  return rows.map(toTask).sort((left, right) => right.priority - left.priority || left.number - right.number);
}

async function takeTogether(tx: Tx, familyId: string, workerId: string, most: number, now: number): Promise<TaskRow[]> {
  // Materialized: as a plain subquery PostgreSQL may run it again for a row, and then lock and take more than `most`.
  return tx.rows<TaskRow>(sql`
    with chosen as materialized (
      select id from tasks where family_id = ${familyId} and state = 'pending'
      order by priority desc, number limit ${most} for update skip locked)
    update tasks set state = 'running', worker_id = ${workerId}, attempt = attempt + 1, error = null, started_at = ${now}, finished_at = null
    where id in (select id from chosen)
    returning *`);
}

/**
 * One writer at a time needs no lock between looking and taking. Two statements on one row take 35 µs; an update
 * through a list that returns its rows takes 140.
 */
async function takeOneByOne(tx: Tx, familyId: string, workerId: string, most: number, now: number): Promise<TaskRow[]> {
  const taken: TaskRow[] = [];
  while (taken.length < most) {
    const row = await first<TaskRow>(tx, sql`
      select * from tasks where family_id = ${familyId} and state = 'pending' order by priority desc, number limit 1`);
    if (row === null) break;
    const change = { state: 'running', worker_id: workerId, attempt: row.attempt + 1, error: null, started_at: now, finished_at: null };
    await tx.run(sql`
      update tasks set state = ${change.state}, worker_id = ${change.worker_id}, attempt = ${change.attempt}, error = ${change.error},
        started_at = ${change.started_at}, finished_at = ${change.finished_at}
      where id = ${row.id}`);
    taken.push({ ...row, ...change });
  }
  return taken;
}

/** What becomes of a task when its attempt ends. */
export type TaskEnd = Pick<Task, 'id' | 'state' | 'value' | 'metrics' | 'error' | 'finishedAt'>;

/** Writes the end of a task's attempt. */
export async function endTask(tx: Tx, end: TaskEnd): Promise<void> {
  await tx.run(sql`
    update tasks set state = ${end.state}, value = ${end.value}, metrics = ${end.metrics === null ? null : JSON.stringify(end.metrics)},
      error = ${end.error === null ? null : JSON.stringify(end.error)}, finished_at = ${end.finishedAt}
    where id = ${end.id}`);
}

/** What people change of a task. */
export type TaskRevision = Pick<Task, 'id' | 'state' | 'priority' | 'error' | 'finishedAt' | 'attemptsBefore'>;

/** Writes what people changed of a task that has no value. */
export async function reviseTask(tx: Tx, task: TaskRevision): Promise<void> {
  await tx.run(sql`
    update tasks set state = ${task.state}, priority = ${task.priority}, error = ${task.error === null ? null : JSON.stringify(task.error)},
      finished_at = ${task.finishedAt}, attempts_before = ${task.attemptsBefore}
    where id = ${task.id} and value is null`);
}

/** Lets the tasks that an action cancelled wait again, as far as they are still cancelled; returns how many. */
export async function reviveTasks(tx: Tx, familyId: string, actionId: string): Promise<number> {
  return tx.run(sql`
    update tasks set state = 'pending', error = null, finished_at = null, attempts_before = attempt
    where family_id = ${familyId} and state = 'cancelled'
      and id in (select task_id from action_items where action_id = ${actionId} and outcome = 'done')`);
}

/** The tasks with these ids, as far as they exist, family by family. */
export async function findTasks(reader: Reader, ids: readonly string[]): Promise<Task[]> {
  if (ids.length === 0) return [];
  const rows = await reader.rows<TaskRow>(sql`select * from tasks where id in (${join(ids)}) order by family_id, number limit ${ids.length}`);
  return rows.map(toTask);
}

/** Cancels all pending and running tasks of a family; returns how many rows changed. */
export async function cancelOpenTasks(tx: Tx, familyId: string, now: number): Promise<number> {
  return tx.run(sql`
    update tasks set state = 'cancelled', finished_at = ${now}
    where family_id = ${familyId} and state in ('pending', 'running')`);
}

/** The value next to a place in the order of (value, number) within a family; null at the end. */
export async function neighbourValue(
  reader: Reader,
  familyId: string,
  from: { value: number; number: number },
  direction: 'before' | 'after',
): Promise<{ value: number; number: number } | null> {
  const [than, order] = direction === 'after' ? [sql`>`, sql`value, number`] : [sql`<`, sql`value desc, number desc`];
  return first<{ value: number; number: number }>(reader, sql`
    select value, number from tasks
    where family_id = ${familyId} and value is not null and (value, number) ${than} (${from.value}, ${from.number})
    order by ${order} limit 1`);
}

/** The configurations of a family in the order of their numbers, replicates included. */
export async function listConfigurations(reader: Reader, familyId: string, limit: number): Promise<Configuration[]> {
  const rows = await reader.rows<{ config: string }>(sql`select config from tasks where family_id = ${familyId} order by number limit ${limit}`);
  return rows.map((row) => JSON.parse(row.config) as Configuration);
}

/** The runs of a family that gave a value, by number. */
export async function listValuedRuns(reader: Reader, familyId: string, limit: number): Promise<{ id: string; number: number; config: Configuration; value: number }[]> {
  const rows = await reader.rows<{ id: string; number: number; config: string; value: number }>(sql`
    select id, number, config, value from tasks where family_id = ${familyId} and value is not null order by number limit ${limit}`);
  return rows.map((row) => ({ ...row, config: JSON.parse(row.config) as Configuration }));
}

/** How many pending tasks of a family come before one in its queue. */
export async function countAhead(reader: Reader, task: Pick<Task, 'familyId' | 'priority' | 'number'>, limit: number): Promise<number> {
  const rows = await reader.rows<{ id: Column }>(sql`
    select id from tasks where family_id = ${task.familyId} and state = 'pending'
    and (priority > ${task.priority} or (priority = ${task.priority} and number < ${task.number}))
    order by priority desc, number limit ${limit}`);
  return rows.length;
}

/**
 * What a worker showed in its last accepted runs in a family: how long each took, and the steps that it said it made. The
 * state is compared as an expression, so that the index by worker is walked: by state all workers' runs would be read.
 */
export async function listEarlierRuns(reader: Reader, workerId: string, familyId: string, limit: number): Promise<EarlierRun[]> {
  const rows = await reader.rows<{ metrics: string | null; started_at: number; finished_at: number }>(sql`
    select metrics, started_at, finished_at from tasks
    where worker_id = ${workerId} and family_id = ${familyId} and state || '' = 'completed' and started_at is not null and finished_at is not null
    order by number desc limit ${raw(String(limit))}`);
  return rows.map((row) => {
    const { steps_completed: steps } = row.metrics === null ? {} : (JSON.parse(row.metrics) as Metrics);
    return { seconds: (row.finished_at - row.started_at) / 1000, steps: typeof steps === 'number' ? steps : null };
  });
}
