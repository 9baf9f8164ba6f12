import { raw, sql, type Column, type Reader } from '#store/seam.ts';

/** Every table with the columns that order its rows. */
export const TABLES: Record<string, string> = {
  accounts: 'id',
  entries: 'id',
  entry_notes: 'entry_id',
  ledger_tree: 'id',
  ledger_nodes: 'level, position',
  ledger_keys: 'id',
  checkpoints: 'size',
  tokens: 'hash',
  packages: 'sha256',
  withdrawn_packages: 'sha256',
  experiments: 'name',
  briefs: 'id',
  families: 'id',
  workers: 'id',
  tasks: 'id',
  attempts: 'task_id, attempt',
  audits: 'task_id, number',
  reputations: 'worker_id, experiment',
  points: 'task_id, attempt, name, step',
  log_chunks: 'task_id, attempt, number',
  idempotency_keys: 'owner_id, scope, idempotency_key',
  totals: 'shard',
  activity: 'minute, shard',
  worker_minutes: 'worker_id, minute',
  actions: 'id',
  action_items: 'action_id, task_id',
  events: 'id',
  event_marks: 'account_id',
  webhooks: 'id',
  deliveries: 'id',
};

/** All that a database holds, so that "nothing changed" can be compared. */
export async function dumpRows(reader: Reader): Promise<Record<string, Record<string, Column>[]>> {
  const dump: Record<string, Record<string, Column>[]> = {};
  for (const [table, order] of Object.entries(TABLES)) {
    const rows = await reader.rows(sql`select * from ${raw(table)} order by ${raw(order)}`);
    dump[table] = rows.map((row) => ({ ...row }));
  }
  return dump;
}
