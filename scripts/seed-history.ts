import { assert } from '#core/errors.ts';
import { LOCAL_ID, taskPriceMicrocredits, TREASURY_ID, type Entry } from '#core/ledger.ts';
import { MINUTE_MS, minuteOf } from '#core/minute.ts';
import { seededRandom } from '#core/random.ts';
import { newId, sha256 } from '#engine/id.ts';
import { addActivity } from '#store/activity.ts';
import { insertPackage, setCurrentPackage } from '#store/experiment.ts';
import { postEntry } from '#store/ledger.ts';
import { first, sql, type Reader, type Store, type Tx } from '#store/seam.ts';
import { shiftBriefState, shiftTotals } from '#store/totals.ts';
import { shiftWorker } from '#store/worker.ts';
import { packSynthetic, SYNTHETIC_NAME } from './seed-experiment.ts';
import { makeFamily, type EndedTask, type MadeWorker, type Making } from './seed-family.ts';
import { makeWorkerMinutes, MINUTES } from './seed-minutes.ts';
import { planHistory, slotsOf, type HistorySize } from './seed-plan.ts';
import { insertRows } from './seed-rows.ts';

const LEASE_MS = 30_000;
const HOUR_MS = 3_600_000;
const MACHINES = [
  { cpuModel: 'Synthetic 8-core', cpuCores: 8, ramGb: 16, gpus: [] },
  { cpuModel: 'Synthetic 16-core', cpuCores: 16, ramGb: 64, gpus: [{ model: 'Synthetic GPU', vramGb: 12 }] },
  { cpuModel: 'Synthetic 4-core', cpuCores: 4, ramGb: 8, gpus: [] },
];

/** Why a database may not be filled: it holds something that was not made up. Null when it may. */
export async function realDataIn(reader: Reader): Promise<string | null> {
  const brief = await first<{ title: string }>(reader, sql`select title from briefs where experiment <> ${SYNTHETIC_NAME} order by id limit 1`);
  if (brief !== null) return `it holds a real brief, "${brief.title}"`;
  const worker = await first<{ name: string }>(reader, sql`select name from workers where name not like 'synthetic-%' order by id limit 1`);
  return worker === null ? null : `it holds a real worker, "${worker.name}"`;
}

/**
 * Fills a database with made-up history. Each brief is one transaction with all that follows from it, so that an
 * interrupted run leaves whole briefs; the same size gives the same rows.
 *
 * @param onProgress told how many tasks are written
 */
export async function makeHistory(store: Store, size: HistorySize, onProgress: (tasks: number) => void): Promise<void> {
  const plans = planHistory(size);
  const idAt = idMaker(size.seed);
  const packed = await packSynthetic();
  const packageSha256 = sha256(packed.archive);
  const startsAt = Math.min(size.now, ...plans.map((plan) => plan.createdAt)) - HOUR_MS;
  const making: Making = { experiment: packed.experiment, packageSha256, workers: [], seed: size.seed, now: size.now, leaseMs: LEASE_MS, idAt };
  await store.write(async (tx) => {
    const archiveBase64 = Buffer.from(packed.archive).toString('base64');
    await insertPackage(tx, { sha256: packageSha256, experiment: packed.experiment, script: packed.script, archiveBase64, createdAt: startsAt });
    await setCurrentPackage(tx, SYNTHETIC_NAME, packageSha256, startsAt);
    making.workers = await addWorkers(tx, size, startsAt, idAt);
    // What all briefs can cost is granted first, so that the credits that a server starts with stay.
    const costs = plans.reduce((sum, plan) => sum + plan.tasks * taskPriceMicrocredits(plan.timeBudgetSeconds), 0);
    const grant: Entry = { id: idAt(startsAt), at: startsAt, kind: 'grant', debitAccount: TREASURY_ID, creditAccount: LOCAL_ID, amountMicrocredits: costs, briefId: null, taskId: null };
    await postEntry(tx, grant, `grant:${grant.id}`);
  });
  let written = 0;
  for (const plan of plans) {
    const before = making.workers.map((worker) => ({ ...worker }));
    const { familyId, state, counts, ended, tables, fromOwnerMicrocredits } = makeFamily(making, plan);
    await store.write(async (tx) => {
      for (const [table, rows] of tables) await insertRows(tx, table, rows);
      await shiftTotals(tx, familyId, { briefs: 1, families: 1, ...counts });
      await shiftBriefState(tx, familyId, null, state);
      await addEnds(tx, familyId, ended, size.now);
      await tx.run(sql`update accounts set balance_microcredits = balance_microcredits - ${fromOwnerMicrocredits} where id = ${LOCAL_ID}`);
      for (const [index, worker] of making.workers.entries()) await creditWorker(tx, worker, before[index] ?? worker);
    });
    written += plan.tasks;
    onProgress(written);
  }
  const machines = making.workers.map(({ id }, index) => ({ id, silentSince: lastSeenAt(index, size.now), ramGb: machineOf(index).ramGb }));
  await makeWorkerMinutes(store, machines, size.seed, size.now);
}

function machineOf(index: number) {
  const machine = MACHINES[index % MACHINES.length];
  assert(machine !== undefined, 'there is a machine for every worker');
  return machine;
}

/** Some workers have fallen silent. */
function lastSeenAt(index: number, now: number): number {
  return index % 8 === 7 ? now - HOUR_MS : now;
}

/** Counts what ended in the minutes that pages show. */
async function addEnds(tx: Tx, familyId: string, ended: readonly EndedTask[], now: number): Promise<void> {
  const since = (minuteOf(now) - MINUTES) * MINUTE_MS;
  for (const { at, completed, earnedMicrocredits } of ended) {
    if (at >= since) await addActivity(tx, familyId, at, { completed: completed ? 1 : 0, failed: completed ? 0 : 1, earnedMicrocredits });
  }
}

async function addWorkers(tx: Tx, size: HistorySize, startsAt: number, idAt: (moment: number) => string): Promise<MadeWorker[]> {
  const random = seededRandom(size.seed, 1);
  const workers: MadeWorker[] = [];
  const [accounts, rows]: [Record<string, string | number>[], Record<string, string | number>[]] = [[], []];
  for (let index = 0; index < size.workers; index += 1) {
    const id = idAt(startsAt);
    const name = `synthetic-${String(index + 1).padStart(2, '0')}`;
    const machine = machineOf(index);
    const load = { cpuPercent: Math.round(100 * random()), ramUsedGb: Number((8 * random()).toFixed(1)), gpuPercent: null };
    accounts.push({ id, kind: 'worker', name, created_at: startsAt });
    rows.push({
      id, owner_id: LOCAL_ID, name, hardware: JSON.stringify({ ...machine, platform: 'linux', arch: 'x64' }), runtimes: JSON.stringify({ node: '26.10.0', synthetic: true }),
      slots: slotsOf(index), status: index % 12 === 11 ? 'draining' : 'active', load: JSON.stringify(load), created_at: startsAt,
      last_seen_at: lastSeenAt(index, size.now),
    });
    workers.push({ id, running: 0, completed: 0, failed: 0, lost: 0, earnedMicrocredits: 0, idleSlots: slotsOf(index) });
  }
  await insertRows(tx, 'accounts', accounts);
  await insertRows(tx, 'workers', rows);
  return workers;
}

/** Adds what a worker did in one brief to its counts and its account. */
async function creditWorker(tx: Tx, worker: MadeWorker, before: MadeWorker): Promise<void> {
  const change = { running: worker.running - before.running, completed: worker.completed - before.completed, failed: worker.failed - before.failed, lost: worker.lost - before.lost };
  const earned = worker.earnedMicrocredits - before.earnedMicrocredits;
  if (change.running + change.completed + change.failed > 0) await shiftWorker(tx, worker.id, change);
  if (earned > 0) await tx.run(sql`update accounts set balance_microcredits = balance_microcredits + ${earned} where id = ${worker.id}`);
}

/** Ids that sort by their moments, from a seeded stream instead of true chance. */
function idMaker(seed: number): (moment: number) => string {
  const random = seededRandom(seed, 0x1d);
  const randomBytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => Math.floor(256 * random()));
  return (moment) => newId({ now: () => moment, randomBytes });
}
