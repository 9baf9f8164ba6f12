import type { BriefState, Counts, Family } from '#core/brief.ts';
import type { Metric } from '#core/experiment.ts';
import type { Rollup } from '#core/rollup.ts';
import type { VerificationPolicy } from '#core/verify.ts';
import type { Needs, Requirements } from '#core/worker.ts';
import { empty, first, raw, sql, type Reader, type Tx } from './seam.ts';

type FamilyRow = {
  id: string;
  brief_id: string;
  owner_id: string;
  name: string;
  experiment: string;
  package_sha256: string;
  metric: string;
  baseline: number | null;
  needs: string;
  requires: string;
  verification: string | null;
  state: string;
  pending: number;
  running: number;
  completed: number;
  failed: number;
  cancelled: number;
  n: number;
  mean: number;
  m2: number;
  min: number | null;
  max: number | null;
  best: number | null;
  best_task_id: string | null;
  median_value: number | null;
  median_number: number | null;
  held_microcredits: number;
  hold_moves: number;
  run_cost_microcredits: number;
  run_fee_microcredits: number;
  version: number;
  created_at: number;
};

/** Writes a new family; its counts start at zero, and nothing is held for it. */
export async function insertFamily(tx: Tx, family: Family): Promise<void> {
  await tx.run(sql`
    insert into families (id, brief_id, owner_id, name, experiment, package_sha256, metric, baseline, needs, requires, verification, state,
      run_cost_microcredits, run_fee_microcredits, created_at)
    values (${family.id}, ${family.briefId}, ${family.ownerId}, ${family.name}, ${family.experiment}, ${family.packageSha256},
      ${JSON.stringify(family.metric)}, ${family.baseline}, ${JSON.stringify(family.needs)}, ${JSON.stringify(family.requires)},
      ${family.verification === null ? null : JSON.stringify(family.verification)}, ${family.state},
      ${family.runCostMicrocredits}, ${family.runFeeMicrocredits}, ${family.createdAt})`);
}

export async function findFamily(reader: Reader, id: string): Promise<Family | null> {
  const row = await first<FamilyRow>(reader, sql`select * from families where id = ${id} and deleted_at is null limit 1`);
  return row === null ? null : toFamily(row);
}

/** The family, locked until the transaction ends: whoever changes counts or values takes this lock first. */
export async function lockFamily(tx: Tx, id: string): Promise<Family | null> {
  const row = await first<FamilyRow>(tx, sql`select * from families where id = ${id} and deleted_at is null limit 1 ${tx.dialect === 'postgres' ? sql`for update` : empty}`);
  return row === null ? null : toFamily(row);
}

/** Ids of families that are being deleted. */
export async function listHiddenFamilies(reader: Reader, limit: number): Promise<string[]> {
  const rows = await reader.rows<{ id: string }>(sql`select id from families where deleted_at is not null order by deleted_at, id limit ${limit}`);
  return rows.map((row) => row.id);
}

/** Families from the newest on. `before` is the id of the last one of the page before. */
export async function listFamilies(reader: Reader, page: { limit: number; before: string | null }): Promise<Family[]> {
  const rows = await reader.rows<FamilyRow>(sql`
    select * from families where deleted_at is null ${page.before === null ? empty : sql`and id < ${page.before}`}
    order by id desc limit ${page.limit}`);
  return rows.map(toFamily);
}

/** A family with pending tasks, as the scheduler needs it. */
export type WaitingFamily = Pick<Family, 'id' | 'needs' | 'requires' | 'packageSha256'> & { running: number; servedAt: number; isVerified: boolean };

/**
 * Families that have work to give out, and hold what it costs: those with the fewest running tasks first, then those served longest ago.
 * The limit is one of few constants and stands in the text: SQLite prepares a statement with a bound limit anew each
 * time (37 µs instead of 8, on every claim).
 */
export async function listWaitingFamilies(reader: Reader, page: { limit: number; after: WaitingFamily | null }): Promise<WaitingFamily[]> {
  const { after } = page;
  type Row = { id: string; needs: string; requires: string; package_sha256: string; running: number; served_at: number; is_verified: number };
  const rows = await reader.rows<Row>(sql`
    select id, needs, requires, package_sha256, running, served_at,
      case when verification is null then 0 else 1 end as is_verified
    from families
    where state = 'running' and pending > 0 and package_sha256 not in (select sha256 from withdrawn_packages) and held_microcredits >= (running + 1) * run_cost_microcredits
    ${after === null ? empty : sql`and (running, served_at, id) > (${after.running}, ${after.servedAt}, ${after.id})`}
    order by running, served_at, id limit ${raw(String(page.limit))}`);
  return rows.map((row) => ({
    id: row.id,
    needs: JSON.parse(row.needs) as Needs,
    requires: JSON.parse(row.requires) as Requirements,
    packageSha256: row.package_sha256,
    running: row.running,
    servedAt: row.served_at,
    isVerified: row.is_verified === 1,
  }));
}

/**
 * Locks the family, marks it as served and moves tasks from pending to running in its counts. False, and nothing
 * changed, when it no longer has that many to give or to pay for: somebody else who waited for the same lock was first.
 */
export async function serveFamily(tx: Tx, id: string, tasks: number, now: number): Promise<boolean> {
  const changed = await tx.run(sql`
    update families set pending = pending - ${tasks}, running = running + ${tasks}, served_at = ${now}, version = version + 1
    where id = ${id} and state = 'running' and pending >= ${tasks} and held_microcredits >= (running + ${tasks}) * run_cost_microcredits`);
  return changed === 1;
}

/** Writes the state, counts, summary and hold of a locked family, and raises its version. */
export async function saveFamily(tx: Tx, family: Pick<Family, 'id' | 'state' | 'counts' | 'rollup' | 'median' | 'heldMicrocredits' | 'holdMoves'>): Promise<void> {
  const { counts, rollup, median } = family;
  await tx.run(sql`
    update families set state = ${family.state},
      pending = ${counts.pending}, running = ${counts.running}, completed = ${counts.completed},
      failed = ${counts.failed}, cancelled = ${counts.cancelled},
      n = ${rollup.n}, mean = ${rollup.mean}, m2 = ${rollup.m2}, min = ${rollup.min}, max = ${rollup.max},
      best = ${rollup.best}, best_task_id = ${rollup.bestTaskId},
      median_value = ${median?.value ?? null}, median_number = ${median?.number ?? null},
      held_microcredits = ${family.heldMicrocredits}, hold_moves = ${family.holdMoves}, version = version + 1
    where id = ${family.id}`);
}

/** Sets what the values of a family are held against, or with null that there is nothing; raises its version. */
export async function setBaseline(tx: Tx, id: string, baseline: number | null): Promise<boolean> {
  return (await tx.run(sql`update families set baseline = ${baseline}, version = version + 1 where id = ${id}`)) === 1;
}

function toFamily(row: FamilyRow): Family {
  const counts: Counts = { pending: row.pending, running: row.running, completed: row.completed, failed: row.failed, cancelled: row.cancelled };
  const rollup: Rollup = { n: row.n, mean: row.mean, m2: row.m2, min: row.min, max: row.max, best: row.best, bestTaskId: row.best_task_id };
  return {
    id: row.id,
    briefId: row.brief_id,
    ownerId: row.owner_id,
    name: row.name,
    experiment: row.experiment,
    packageSha256: row.package_sha256,
    metric: JSON.parse(row.metric) as Metric,
    baseline: row.baseline,
    needs: JSON.parse(row.needs) as Needs,
    requires: JSON.parse(row.requires) as Requirements,
    verification: row.verification === null ? null : (JSON.parse(row.verification) as VerificationPolicy),
    state: row.state as BriefState,
    counts,
    rollup,
    median: row.median_value === null || row.median_number === null ? null : { value: row.median_value, number: row.median_number },
    heldMicrocredits: row.held_microcredits,
    holdMoves: row.hold_moves,
    runCostMicrocredits: row.run_cost_microcredits,
    runFeeMicrocredits: row.run_fee_microcredits,
    version: row.version,
    createdAt: row.created_at,
  };
}

