import type { Reputation } from '#core/audit.ts';
import type { WorkerRecord } from '#core/verify.ts';
import { sql, type Reader, type Tx } from './seam.ts';

type ReputationRow = {
  worker_id: string;
  experiment: string;
  completed: number;
  verified: number;
  refuted: number;
  lost: number;
  failed: number;
  set_aside: number;
  completed_before: number;
  verified_before: number;
  refuted_before: number;
};

/** Adds to what is known of a worker on an experiment, and returns what is known then. */
export async function addToReputation(tx: Tx, workerId: string, experiment: string, change: Partial<WorkerRecord>): Promise<Reputation> {
  const { completed = 0, verified = 0, refuted = 0, lost = 0, failed = 0, setAside = 0 } = change;
  const [row] = await tx.rows<ReputationRow>(sql`
    insert into reputations (worker_id, experiment, completed, verified, refuted, lost, failed, set_aside)
    values (${workerId}, ${experiment}, ${completed}, ${verified}, ${refuted}, ${lost}, ${failed}, ${setAside})
    on conflict (worker_id, experiment) do update set
      completed = reputations.completed + excluded.completed, verified = reputations.verified + excluded.verified,
      refuted = reputations.refuted + excluded.refuted, lost = reputations.lost + excluded.lost,
      failed = reputations.failed + excluded.failed, set_aside = reputations.set_aside + excluded.set_aside
    returning *`);
  if (row === undefined) throw new Error('an upsert returns its row');
  return toReputation(row);
}

/**
 * Counts one result of a worker as verified no longer. Whether it was counted since a quarantine was last lifted is not
 * known; no more is taken to have been counted before than there is.
 */
export async function takeVerified(tx: Tx, workerId: string, experiment: string): Promise<Reputation> {
  const [row] = await tx.rows<ReputationRow>(sql`
    update reputations set verified = verified - 1, verified_before = case when verified_before > verified - 1 then verified - 1 else verified_before end
    where worker_id = ${workerId} and experiment = ${experiment} returning *`);
  if (row === undefined) throw new Error('a worker whose result was verified has a record');
  return toReputation(row);
}

/** What is known of a worker, by experiment. */
export async function listReputations(reader: Reader, workerId: string, limit: number): Promise<Reputation[]> {
  const rows = await reader.rows<ReputationRow>(sql`select * from reputations where worker_id = ${workerId} order by experiment limit ${limit}`);
  return rows.map(toReputation);
}

/** Lets the record of a worker begin anew for all experiments; what was counted stays visible. */
export async function beginRecordsAnew(tx: Tx, workerId: string): Promise<void> {
  await tx.run(sql`
    update reputations set completed_before = completed, verified_before = verified, refuted_before = refuted where worker_id = ${workerId}`);
}

function toReputation(row: ReputationRow): Reputation {
  const ever = { completed: row.completed, verified: row.verified, refuted: row.refuted, lost: row.lost, failed: row.failed, setAside: row.set_aside };
  const record = { ...ever, completed: row.completed - row.completed_before, verified: row.verified - row.verified_before, refuted: row.refuted - row.refuted_before };
  return { workerId: row.worker_id, experiment: row.experiment, ever, record };
}
