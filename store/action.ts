import type { Action, ActionVerb, Before } from '#core/action.ts';
import { empty, first, join, sql, type Reader, type Tx } from './seam.ts';

type ActionRow = {
  id: string;
  owner_id: string;
  verb: string;
  brief_id: string | null;
  family_id: string | null;
  undoes: string | null;
  title: string;
  filter: string | null;
  priority: number | null;
  total: number | null;
  done: number;
  refused: number;
  stopped: number;
  position: string | null;
  before_state: string | null;
  undone_by: string | null;
  created_at: number;
  finished_at: number | null;
};

/** Writes a new action and who runs it, until when. */
export async function insertAction(tx: Tx, action: Action, runner: { id: string; until: number }): Promise<void> {
  await tx.run(sql`
    insert into actions (id, owner_id, verb, brief_id, family_id, undoes, title, filter, priority, total, done, refused, stopped, position, before_state, undone_by,
      runner, runner_until, created_at, finished_at)
    values (${action.id}, ${action.ownerId}, ${action.verb}, ${action.briefId}, ${action.familyId}, ${action.undoes}, ${action.title}, ${action.filter},
      ${action.priority}, ${action.total}, ${action.done}, ${action.refused}, ${action.stopped}, ${action.position}, ${action.beforeState}, ${action.undoneBy},
      ${runner.id}, ${runner.until}, ${action.createdAt}, ${action.finishedAt})`);
}

/** An action by its id, or null. */
export async function findAction(reader: Reader, id: string): Promise<Action | null> {
  const row = await first<ActionRow>(reader, sql`select * from actions where id = ${id} limit 1`);
  return row === null ? null : toAction(row);
}

/** Actions that go on and that nobody runs at this moment, the oldest first. */
export async function listOpenActions(reader: Reader, now: number, limit: number): Promise<Action[]> {
  const rows = await reader.rows<ActionRow>(sql`select * from actions where finished_at is null and runner_until < ${now} order by id limit ${limit}`);
  return rows.map(toAction);
}

/** Takes an action over, or goes on with one's own; false when somebody else runs it. Its row is locked until the transaction ends. */
export async function holdAction(tx: Tx, id: string, runner: { id: string; now: number; until: number }): Promise<boolean> {
  const changed = await tx.run(sql`
    update actions set runner = ${runner.id}, runner_until = ${runner.until}
    where id = ${id} and finished_at is null and (runner = ${runner.id} or runner_until < ${runner.now})`);
  return changed === 1;
}

/** Writes how far an action is. */
export async function saveAction(tx: Tx, action: Pick<Action, 'id' | 'total' | 'done' | 'refused' | 'stopped' | 'position' | 'finishedAt'>): Promise<void> {
  await tx.run(sql`
    update actions set total = ${action.total}, done = ${action.done}, refused = ${action.refused}, stopped = ${action.stopped},
      position = ${action.position}, finished_at = ${action.finishedAt}
    where id = ${action.id}`);
}

/** Notes that an action is undone by another one; false when it was undone before. */
export async function setUndone(tx: Tx, id: string, undoneBy: string): Promise<boolean> {
  return (await tx.run(sql`update actions set undone_by = ${undoneBy} where id = ${id} and undone_by is null`)) === 1;
}

/**
 * Forgets the oldest action that finished before a moment: up to `most` of its tasks, and itself once it has none left.
 * False when there is nothing to forget.
 */
export async function forgetAction(tx: Tx, before: number, most: number): Promise<boolean> {
  const old = await first<{ id: string }>(tx, sql`select id from actions where finished_at < ${before} order by finished_at, id limit 1`);
  if (old === null) return false;
  const forgotten = await tx.run(sql`
    delete from action_items where action_id = ${old.id}
    and task_id in (select task_id from action_items where action_id = ${old.id} order by task_id limit ${most})`);
  if (forgotten < most) await tx.run(sql`delete from actions where id = ${old.id}`);
  return true;
}

/** A task of an action. */
export type ActionItem = { taskId: string; outcome: 'waiting' | 'done' | 'refused'; reason: string | null; before: Before | null };

const ROWS_PER_STATEMENT = 150;

/** Writes tasks of an action; one that is there already gets the new outcome. */
export async function putItems(tx: Tx, actionId: string, items: readonly ActionItem[]): Promise<void> {
  for (let from = 0; from < items.length; from += ROWS_PER_STATEMENT) {
    const rows = items.slice(from, from + ROWS_PER_STATEMENT).map(
      (item) => sql`(${actionId}, ${item.taskId}, ${item.outcome}, ${item.reason}, ${item.before === null ? null : JSON.stringify(item.before)})`,
    );
    await tx.run(sql`
      insert into action_items (action_id, task_id, outcome, reason, before) values ${join(rows)}
      on conflict (action_id, task_id) do update set outcome = excluded.outcome, reason = excluded.reason, before = excluded.before`);
  }
}

/** Notes all open tasks of a family as done by an action that is about to cancel them. */
export async function putOpenTasks(tx: Tx, actionId: string, familyId: string): Promise<void> {
  await tx.run(sql`
    insert into action_items (action_id, task_id, outcome)
    select ${actionId}, id, 'done' from tasks where family_id = ${familyId} and state in ('pending', 'running')`);
}

/** Tasks of an action with one outcome, by id. */
export async function listItems(reader: Reader, actionId: string, page: { outcome: ActionItem['outcome']; after: string | null; limit: number }): Promise<ActionItem[]> {
  const rows = await reader.rows<{ task_id: string; outcome: string; reason: string | null; before: string | null }>(sql`
    select task_id, outcome, reason, before from action_items where action_id = ${actionId} and outcome = ${page.outcome}
    ${page.after === null ? empty : sql`and task_id > ${page.after}`}
    order by task_id limit ${page.limit}`);
  return rows.map((row) => ({
    taskId: row.task_id,
    outcome: row.outcome as ActionItem['outcome'],
    reason: row.reason,
    before: row.before === null ? null : (JSON.parse(row.before) as Before),
  }));
}

function toAction(row: ActionRow): Action {
  return {
    id: row.id,
    ownerId: row.owner_id,
    verb: row.verb as ActionVerb,
    briefId: row.brief_id,
    familyId: row.family_id,
    undoes: row.undoes,
    title: row.title,
    filter: row.filter,
    priority: row.priority,
    total: row.total,
    done: row.done,
    refused: row.refused,
    stopped: row.stopped,
    position: row.position,
    beforeState: row.before_state as Action['beforeState'],
    undoneBy: row.undone_by,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  };
}
