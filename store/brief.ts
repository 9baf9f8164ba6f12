import type { Brief, BriefState, StrategyChoice } from '#core/brief.ts';
import type { Space } from '#core/space.ts';
import type { VerificationPolicy } from '#core/verify.ts';
import type { Requirements } from '#core/worker.ts';
import { empty, first, sql, type Reader, type Tx } from './seam.ts';

type BriefRow = {
  id: string;
  owner_id: string;
  family_id: string;
  title: string;
  goal: string;
  experiment: string;
  strategy: string;
  space: string;
  num_tasks: number;
  replicates: number;
  time_budget_seconds: number;
  budget_microcredits: number;
  spent_microcredits: number;
  run_price_microcredits: number;
  run_fee_microcredits: number;
  hardware_profile: string;
  requires: string;
  priority: number;
  verification: string | null;
  state: string;
  created_at: number;
  launched_at: number | null;
  finished_at: number | null;
};

export async function insertBrief(tx: Tx, brief: Brief): Promise<void> {
  await tx.run(sql`
    insert into briefs (id, owner_id, family_id, title, goal, experiment, strategy, space, num_tasks, replicates,
      time_budget_seconds, budget_microcredits, run_price_microcredits, run_fee_microcredits,
      hardware_profile, requires, priority, verification, state, created_at, launched_at)
    values (${brief.id}, ${brief.ownerId}, ${brief.familyId}, ${brief.title}, ${brief.goal}, ${brief.experiment},
      ${JSON.stringify(brief.strategy)}, ${JSON.stringify(brief.space)}, ${brief.numTasks}, ${brief.replicates},
      ${brief.timeBudgetSeconds}, ${brief.budgetMicrocredits}, ${brief.runPriceMicrocredits}, ${brief.runFeeMicrocredits},
      ${brief.hardwareProfile}, ${JSON.stringify(brief.requires)},
      ${brief.priority}, ${brief.verification === null ? null : JSON.stringify(brief.verification)}, ${brief.state}, ${brief.createdAt}, ${brief.launchedAt})`);
}

export async function findBrief(reader: Reader, id: string): Promise<Brief | null> {
  const row = await first<BriefRow>(reader, sql`select * from briefs where id = ${id} and deleted_at is null limit 1`);
  return row === null ? null : toBrief(row);
}

/** Briefs from the newest on. `before` is the id of the last one of the page before. */
export async function listBriefs(reader: Reader, page: { limit: number; before: string | null; state: BriefState | null }): Promise<Brief[]> {
  const rows = await reader.rows<BriefRow>(sql`
    select * from briefs where deleted_at is null
    ${page.state === null ? empty : sql`and state = ${page.state}`}
    ${page.before === null ? empty : sql`and id < ${page.before}`}
    order by id desc limit ${page.limit}`);
  return rows.map(toBrief);
}

/** The briefs of an experiment, from the newest on. */
export async function listBriefsOfExperiment(reader: Reader, experiment: string, limit: number): Promise<Brief[]> {
  const rows = await reader.rows<BriefRow>(sql`
    select * from briefs where experiment = ${experiment} and deleted_at is null order by id desc limit ${limit}`);
  return rows.map(toBrief);
}

/** The briefs of an owner, from the newest on. */
export async function listBriefsOfOwner(reader: Reader, ownerId: string, limit: number): Promise<Brief[]> {
  const rows = await reader.rows<BriefRow>(sql`
    select * from briefs where owner_id = ${ownerId} and deleted_at is null order by id desc limit ${limit}`);
  return rows.map(toBrief);
}

/** Sets the state; `launchedAt` and `finishedAt` are written where given and kept where null. */
export async function setBriefState(tx: Tx, id: string, state: BriefState, times: { launchedAt: number | null; finishedAt: number | null }): Promise<void> {
  await tx.run(sql`
    update briefs set state = ${state}, launched_at = coalesce(${times.launchedAt}, launched_at), finished_at = coalesce(${times.finishedAt}, finished_at)
    where id = ${id}`);
}

/** Lets a brief that had ended go on. */
export async function reopenBrief(tx: Tx, id: string, state: BriefState): Promise<void> {
  await tx.run(sql`update briefs set state = ${state}, finished_at = null where id = ${id}`);
}

/** Writes how many tasks a brief has and what they may cost. */
export async function enlargeBrief(tx: Tx, id: string, numTasks: number, budgetMicrocredits: number): Promise<void> {
  await tx.run(sql`update briefs set num_tasks = ${numTasks}, budget_microcredits = ${budgetMicrocredits} where id = ${id}`);
}

/** Hides a brief and its family from everybody; false when it is hidden already. */
export async function hideBrief(tx: Tx, id: string, familyId: string, now: number): Promise<boolean> {
  await tx.run(sql`update families set deleted_at = ${now} where id = ${familyId}`);
  return (await tx.run(sql`update briefs set deleted_at = ${now} where id = ${id} and deleted_at is null`)) === 1;
}

/** Removes a hidden brief and its family, which have no tasks any more. */
export async function removeBrief(tx: Tx, id: string, familyId: string): Promise<void> {
  await tx.run(sql`delete from families where id = ${familyId} and deleted_at is not null`);
  await tx.run(sql`delete from briefs where id = ${id} and deleted_at is not null`);
}

/** Adds to what a brief has spent. The schema refuses to spend more than the budget. */
export async function addSpent(tx: Tx, id: string, microcredits: number): Promise<void> {
  await tx.run(sql`update briefs set spent_microcredits = spent_microcredits + ${microcredits} where id = ${id}`);
}

function toBrief(row: BriefRow): Brief {
  return {
    id: row.id,
    ownerId: row.owner_id,
    familyId: row.family_id,
    title: row.title,
    goal: row.goal,
    experiment: row.experiment,
    strategy: JSON.parse(row.strategy) as StrategyChoice,
    space: JSON.parse(row.space) as Space,
    numTasks: row.num_tasks,
    replicates: row.replicates,
    timeBudgetSeconds: row.time_budget_seconds,
    budgetMicrocredits: row.budget_microcredits,
    spentMicrocredits: row.spent_microcredits,
    runPriceMicrocredits: row.run_price_microcredits,
    runFeeMicrocredits: row.run_fee_microcredits,
    hardwareProfile: row.hardware_profile,
    requires: JSON.parse(row.requires) as Requirements,
    priority: row.priority,
    verification: row.verification === null ? null : (JSON.parse(row.verification) as VerificationPolicy),
    state: row.state as BriefState,
    createdAt: row.created_at,
    launchedAt: row.launched_at,
    finishedAt: row.finished_at,
  };
}
