import type { Family } from '#core/brief.ts';
import { assert } from '#core/errors.ts';
import { holdOf, TREASURY_ID, VERIFICATION_ID, type Entry } from '#core/ledger.ts';
import { lockBalance, postEntry, type Posted } from '#store/ledger.ts';
import type { Tx } from '#store/seam.ts';
import { TOPICS, type Engine } from './engine.ts';
import { assertHold } from './hold-credits.ts';
import { newId } from './id.ts';

/** A run of a task as the ledger names it, and who ran it. */
export type Run = { taskId: string; attempt: number; workerId: string };

/** Of a family what tells how its runs are paid. `heldMicrocredits` is what its hold has before the payment. */
type Payer = Pick<Family, 'briefId' | 'heldMicrocredits' | 'runCostMicrocredits' | 'runFeeMicrocredits'>;

/**
 * Pays a worker for an accepted result, and the fee for verification with it, from the hold of the brief.
 *
 * @returns what the hold has after it
 */
export async function settleResult(engine: Engine, tx: Tx, family: Payer, run: Run): Promise<number> {
  const { runCostMicrocredits: cost, runFeeMicrocredits: fee } = family;
  const held = await payFromHold(engine, tx, family, run, { kind: 'result', creditAccount: run.workerId, amountMicrocredits: cost - fee });
  return fee === 0 ? held : payFromHold(engine, tx, { ...family, heldMicrocredits: held }, run, { kind: 'fee', creditAccount: VERIFICATION_ID, amountMicrocredits: fee });
}

/**
 * Pays a worker for the time that a failed attempt used, from the hold of the brief.
 *
 * @returns what the hold has after it
 */
export async function payFailure(engine: Engine, tx: Tx, family: Payer, run: Run, amountMicrocredits: number): Promise<number> {
  return payFromHold(engine, tx, family, run, { kind: 'failure', creditAccount: run.workerId, amountMicrocredits });
}

/** Pays a worker for an audit from the fund, which the treasury fills first where fees have not. */
export async function payAudit(engine: Engine, tx: Tx, briefId: string, run: Run, priceMicrocredits: number): Promise<void> {
  await lockBalance(tx, run.workerId);
  await fillFund(engine, tx, briefId, run, priceMicrocredits);
  await post(engine, tx, briefId, run, { kind: 'audit', debitAccount: VERIFICATION_ID, creditAccount: run.workerId, amountMicrocredits: priceMicrocredits });
}

/** Takes the pay of an audit, or of a result that stays and that the brief has had, back from a worker into the fund. */
export async function reverseIntoFund(engine: Engine, tx: Tx, briefId: string, run: Run, priceMicrocredits: number): Promise<void> {
  await post(engine, tx, briefId, run, { kind: 'reversal', debitAccount: run.workerId, creditAccount: VERIFICATION_ID, amountMicrocredits: priceMicrocredits });
}

/**
 * Gives the cost of a result that no longer counts back to the hold of its brief, so that it pays for the run that follows:
 * the price from its worker, or from the fund where it had vested, and the fee from the fund.
 *
 * @returns what the hold has after it: `heldMicrocredits` and the cost of a run
 */
export async function reverseResult(engine: Engine, tx: Tx, family: Payer, run: Run, isVested: boolean): Promise<number> {
  const { runCostMicrocredits: cost, runFeeMicrocredits: fee } = family;
  const hold = holdOf(family.briefId);
  let held = family.heldMicrocredits;
  if (!isVested) {
    held += cost - fee;
    const posted = await post(engine, tx, family.briefId, run, { kind: 'reversal', debitAccount: run.workerId, creditAccount: hold, amountMicrocredits: cost - fee });
    assertHold({ ...family, heldMicrocredits: held }, posted.creditMicrocredits);
  }
  const remedy = isVested ? cost : fee;
  if (remedy === 0) return held;
  await lockBalance(tx, hold);
  await fillFund(engine, tx, family.briefId, run, remedy);
  const posted = await post(engine, tx, family.briefId, run, { kind: 'remedy', debitAccount: VERIFICATION_ID, creditAccount: hold, amountMicrocredits: remedy });
  assertHold({ ...family, heldMicrocredits: held + remedy }, posted.creditMicrocredits);
  return held + remedy;
}

/** Lets the treasury pay what the fund lacks of an amount. */
async function fillFund(engine: Engine, tx: Tx, briefId: string, run: Run, amountMicrocredits: number): Promise<void> {
  const lack = amountMicrocredits - (await lockBalance(tx, VERIFICATION_ID));
  if (lack > 0) await post(engine, tx, briefId, run, { kind: 'subsidy', debitAccount: TREASURY_ID, creditAccount: VERIFICATION_ID, amountMicrocredits: lack });
}

type Transfer = Pick<Entry, 'kind' | 'debitAccount' | 'creditAccount' | 'amountMicrocredits'>;

async function payFromHold(engine: Engine, tx: Tx, family: Payer, run: Run, payment: Omit<Transfer, 'debitAccount'>): Promise<number> {
  const posted = await post(engine, tx, family.briefId, run, { ...payment, debitAccount: holdOf(family.briefId) });
  const held = family.heldMicrocredits - payment.amountMicrocredits;
  assertHold({ briefId: family.briefId, heldMicrocredits: held }, posted.debitMicrocredits);
  return held;
}

async function post(engine: Engine, tx: Tx, briefId: string, run: Run, transfer: Transfer): Promise<Posted> {
  const entry = { id: newId(engine), at: engine.now(), ...transfer, briefId, taskId: run.taskId };
  const posted = await postEntry(tx, entry, `${transfer.kind}:${run.taskId}:${run.attempt}`);
  assert(posted !== null, `an attempt has one entry of the kind ${transfer.kind}`);
  assert(transfer.debitAccount === TREASURY_ID || posted.debitMicrocredits >= 0, 'no balance is below 0');
  tx.touch(TOPICS.ledger);
  return posted;
}
