import { sql } from '#store/seam.ts';
import type { WorkedFleet } from './trust-fleet.ts';

/** What came of a simulated fleet. Credits are in prices of one run. */
export type FleetOutcome = {
  liars: number;
  caught: number;
  honestQuarantined: number;
  results: number;
  /** Results that were made up, how many of them still count in the end, and how many of all that count those are. */
  reportedFalse: number;
  acceptedFalse: number;
  falseShare: number;
  /** Pay for made-up runs that liars kept, pay for honest runs that they lost again, and what their machines cost while they made things up. */
  kept: number;
  forfeited: number;
  spent: number;
  /** What lying brought a liar: what it kept, less what it lost again and what it spent. */
  gainPerLiar: number;
  /** Beside that, what a liar would have had left over from honest work to the end, after what its computing costs. */
  forgonePerLiar: number;
  /** Audit runs for each ordinary one. */
  auditShare: number;
};

/** What it costs its owner that a machine holds a task that it does not compute, as a share of the run's price. */
export const IDLE_COST = 0.05;

/** What computing a run costs the machine's owner, as a share of its price; the rest is why anybody takes part. */
export const COMPUTE_COST = 0.5;

const MOST_ROWS = 10_000_000;

/** Counts at the end, from the tasks, the attempts and the ledger, what a fleet's liars got away with. */
export async function outcomeOf({ engine, machines, ran }: WorkedFleet): Promise<FleetOutcome> {
  const { reader } = engine.store;
  const liars = machines.filter(({ behaviour }) => behaviour !== 'honest');
  const standings = await reader.rows<{ id: string }>(sql`select id from workers where standing = 'quarantined' order by id limit ${MOST_ROWS}`);
  const quarantined = new Set(standings.map(({ id }) => id));
  const counted = await reader.rows<{ id: string; attempt: number }>(sql`select id, attempt from tasks where state = 'completed' order by id limit ${MOST_ROWS}`);
  const [runs] = await reader.rows<{ audits: number; runs: number }>(sql`
    select sum(case when purpose = 'audit' then 1 else 0 end) as audits, sum(case when purpose = 'run' then 1 else 0 end) as runs from attempts where finished_at is not null limit 1`);
  const acceptedFalse = counted.filter(({ id, attempt }) => ran.get(`${id}:${attempt}`)?.isFalse === true).length;
  const money = { kept: 0, forfeited: 0 };
  let [honestPay, liarsHonestPay] = [0, 0];
  const price = await priceOf(reader);
  for (const { workerId, behaviour } of machines) {
    for (const { cause, amount_microcredits: amount, credit_account: to } of await entriesOf(reader, workerId)) {
      const isFalse = ran.get(cause.slice(cause.indexOf(':') + 1))?.isFalse === true;
      const isPay = to === workerId;
      const paid = (isPay ? amount : -amount) / price;
      if (behaviour === 'honest') honestPay += paid;
      else if (isFalse) money.kept += paid;
      else if (isPay) liarsHonestPay += paid;
      else money.forfeited -= paid;
    }
  }
  const reportedFalse = [...ran.values()].filter(({ isFalse }) => isFalse).length;
  const spent = reportedFalse * IDLE_COST;
  const forgone = Math.max(0, (honestPay / Math.max(1, machines.length - liars.length)) * liars.length - liarsHonestPay) * (1 - COMPUTE_COST);
  return {
    liars: liars.length,
    caught: liars.filter(({ workerId }) => quarantined.has(workerId)).length,
    honestQuarantined: machines.filter(({ workerId, behaviour }) => behaviour === 'honest' && quarantined.has(workerId)).length,
    results: counted.length,
    reportedFalse,
    acceptedFalse,
    falseShare: acceptedFalse / Math.max(1, counted.length),
    ...money,
    spent,
    gainPerLiar: (money.kept - money.forfeited - spent) / Math.max(1, liars.length),
    forgonePerLiar: forgone / Math.max(1, liars.length),
    auditShare: Number(runs?.audits ?? 0) / Math.max(1, Number(runs?.runs ?? 0)),
  };
}

type Reader = WorkedFleet['engine']['store']['reader'];

async function entriesOf(reader: Reader, workerId: string): Promise<{ cause: string; amount_microcredits: number; credit_account: string }[]> {
  return reader.rows(sql`select cause, amount_microcredits, credit_account from entries where debit_account = ${workerId} or credit_account = ${workerId} order by id limit ${MOST_ROWS}`);
}

async function priceOf(reader: Reader): Promise<number> {
  const [row] = await reader.rows<{ price: number }>(sql`select run_price_microcredits as price from briefs order by id limit 1`);
  return row?.price ?? 1;
}
