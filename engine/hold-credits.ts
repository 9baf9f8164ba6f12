import { canPayNext, isOver, lackOf, stateAfterChange, type Brief, type BriefState, type Counts, type Family } from '#core/brief.ts';
import { accept, assert, refuse, type Outcome } from '#core/errors.ts';
import { creditsToPay, holdOf, type Entry } from '#core/ledger.ts';
import { findBrief } from '#store/brief.ts';
import { findBalances, insertAccount, lockBalance, postEntry } from '#store/ledger.ts';
import { Conflict, type Reader, type Tx } from '#store/seam.ts';
import { TOPICS, type Engine } from './engine.ts';
import { newId } from './id.ts';

/** Whose credits are held, and what is held of them. */
type Held = Pick<Family, 'briefId' | 'ownerId' | 'heldMicrocredits' | 'holdMoves'>;
type Costs = Held & Pick<Family, 'runCostMicrocredits'>;

/**
 * What must go from the owner into the hold of a brief, so that it pays for all that is pending or running, or why that
 * cannot be: the budget is the wall for what is spent and held, and the owner's balance for what can be held.
 *
 * @param counts the counts that the family is to have
 * @param budgetMicrocredits the budget that the brief is to have
 */
export async function askForHold(reader: Reader, brief: Pick<Brief, 'spentMicrocredits'>, family: Costs, counts: Pick<Counts, 'pending' | 'running'>, budgetMicrocredits: number): Promise<Outcome<number>> {
  const amount = lackOf(family, counts);
  if (amount === 0) return accept(0);
  const committed = brief.spentMicrocredits + family.heldMicrocredits + amount;
  if (committed > budgetMicrocredits) {
    const message = `must be at least ${creditsToPay(committed)}: so much is spent, or held for what is to run; ${creditsToPay(committed - budgetMicrocredits)} are missing`;
    return refuse('invalid_brief', `budget_credits: ${message}.`, [{ path: 'budget_credits', message }]);
  }
  const balance = (await findBalances(reader, [family.ownerId])).get(family.ownerId) ?? 0;
  return balance >= amount ? accept(amount) : refuseForBalance(amount, balance);
}

/** Says what an account lacks. */
function refuseForBalance(amount: number, balance: number): Outcome<never> {
  const message = `${creditsToPay(amount)} credits are held for it at once, and the account has ${Math.floor(balance / 10_000) / 100}: ${creditsToPay(amount - balance)} are missing`;
  return refuse('insufficient_credits', `${message}. Ask for less, or have an administrator grant credits.`, [{ path: 'budget_credits', message }]);
}

/** What the owner can still move into the hold of a brief: what the budget has room for, and what they have. */
export async function reserveOf(reader: Reader, brief: Pick<Brief, 'spentMicrocredits' | 'budgetMicrocredits'>, family: Costs): Promise<{ roomMicrocredits: number; balanceMicrocredits: number }> {
  const roomMicrocredits = Math.max(0, brief.budgetMicrocredits - brief.spentMicrocredits - family.heldMicrocredits);
  return { roomMicrocredits, balanceMicrocredits: roomMicrocredits === 0 ? 0 : ((await findBalances(reader, [family.ownerId])).get(family.ownerId) ?? 0) };
}

/**
 * How many runs more than are open may wait again, and what the hold then gets at most. The owner must have what they cost;
 * where it is the budget that does not pay for all, because failed attempts were paid, they run as far as it goes.
 */
export async function payableRuns(reader: Reader, brief: Pick<Brief, 'spentMicrocredits' | 'budgetMicrocredits'>, family: Costs & Pick<Family, 'counts'>): Promise<{ runs: number; reserveMicrocredits: number }> {
  const { heldMicrocredits: held, runCostMicrocredits: cost, counts } = family;
  const { roomMicrocredits: room, balanceMicrocredits: balance } = await reserveOf(reader, brief, family);
  const reserveMicrocredits = Math.min(room, balance);
  if (held + reserveMicrocredits < (counts.running + 1) * cost) return { runs: 0, reserveMicrocredits };
  const runs = balance >= room ? Number.MAX_SAFE_INTEGER : Math.floor((held + balance) / cost) - counts.pending - counts.running;
  return { runs: Math.max(0, runs), reserveMicrocredits };
}

/**
 * What becomes of a launched brief whose tasks are to be counted so, and what its hold gets from its owner for that, or
 * gives back as a number below 0. Where the hold does not pay for the next run, it gets what the budget and the owner's
 * balance allow; where that is not enough and nothing runs, the brief is exhausted.
 *
 * @param paid what the hold has paid that is not in `heldMicrocredits` and the brief's spending yet
 */
export async function goOn(reader: Reader, family: Family, counts: Counts, paid: number): Promise<{ state: BriefState; move: number }> {
  const after = { ...family, heldMicrocredits: family.heldMicrocredits - paid };
  const state = stateAfterChange(after, counts);
  if (isOver(state)) return { state, move: -after.heldMicrocredits };
  if (counts.pending === 0 || canPayNext(after, counts.running)) return { state, move: 0 };
  const brief = await findBrief(reader, family.briefId);
  assert(brief !== null, 'a family that goes on has a brief');
  const { roomMicrocredits, balanceMicrocredits } = await reserveOf(reader, { ...brief, spentMicrocredits: brief.spentMicrocredits + paid }, after);
  const move = Math.min(lackOf(after, counts), roomMicrocredits, balanceMicrocredits);
  return { state: stateAfterChange({ ...after, heldMicrocredits: after.heldMicrocredits + move }, counts), move };
}

/**
 * Moves credits from the owner into the hold of a brief: the one place that does. It comes after everything but accounts
 * in the order of locks, so that the balance may have changed since it was asked for; then the transaction begins anew.
 *
 * @param family as it is saved: what is held includes the amount, and the number of moves counts this one
 */
export async function coverHold(engine: Engine, tx: Tx, family: Held, amount: number): Promise<void> {
  if (amount === 0) return;
  const hold = holdOf(family.briefId);
  await insertAccount(tx, { id: hold, kind: 'hold', name: 'Hold of a brief' }, engine.now());
  await lockBalance(tx, hold);
  if ((await lockBalance(tx, family.ownerId)) < amount) throw new Conflict('the owner has paid for something else meanwhile');
  await moveHeld(engine, tx, family, { kind: 'hold', debitAccount: family.ownerId, creditAccount: hold, amountMicrocredits: amount });
}

/**
 * Moves all that is left in the hold of a brief that ends back to its owner: the one place that does.
 *
 * @param family as it is saved: nothing is held any more, and the number of moves counts this one
 */
export async function releaseHold(engine: Engine, tx: Tx, family: Held, amount: number): Promise<void> {
  if (amount === 0) return;
  await moveHeld(engine, tx, family, { kind: 'release', debitAccount: holdOf(family.briefId), creditAccount: family.ownerId, amountMicrocredits: amount });
}

async function moveHeld(engine: Engine, tx: Tx, family: Held, move: Pick<Entry, 'kind' | 'debitAccount' | 'creditAccount' | 'amountMicrocredits'>): Promise<void> {
  const entry = { id: newId(engine), at: engine.now(), ...move, briefId: family.briefId, taskId: null };
  const posted = await postEntry(tx, entry, `${move.kind}:${family.briefId}:${family.holdMoves}`);
  assert(posted !== null, 'each move of a hold happens once');
  assertHold(family, move.kind === 'hold' ? posted.creditMicrocredits : posted.debitMicrocredits);
  assert(posted.debitMicrocredits >= 0, 'no balance is below 0');
  tx.touch(TOPICS.ledger);
}

/** What the family says is held is the balance of the hold. */
export function assertHold(family: Pick<Family, 'briefId' | 'heldMicrocredits'>, balance: number): void {
  assert(balance === family.heldMicrocredits && balance >= 0, `the hold of brief ${family.briefId} has ${balance}, its family says ${family.heldMicrocredits}`);
}

/** A family whose hold gets, or below 0 gives back, so much: what is held, and how often it moved. */
export function withMove(family: Pick<Family, 'heldMicrocredits' | 'holdMoves'>, amount: number): Pick<Family, 'heldMicrocredits' | 'holdMoves'> {
  return { heldMicrocredits: family.heldMicrocredits + amount, holdMoves: family.holdMoves + (amount === 0 ? 0 : 1) };
}
