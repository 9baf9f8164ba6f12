import { z } from 'zod';
import { ENTRY_KINDS, type Account, type Entry } from '#core/ledger.ts';
import { id, moment, pageQuery, toMoment } from './scalar.ts';

/** An account as the API shows it. All balances add up to 0. */
export const accountView = z.object({ id, kind: z.enum(['person', 'worker', 'hold', 'treasury']), name: z.string(), balance_microcredits: z.int() });

/** A transfer as the API shows it. */
export const entryView = z.object({
  id,
  at: moment,
  kind: z.string(),
  debit_account: id,
  credit_account: id,
  amount_microcredits: z.int(),
  brief_id: id.nullable(),
  task_id: id.nullable(),
});

/** From the core's form to the wire's. */
export function fromAccount(account: Account): z.infer<typeof accountView> {
  return { id: account.id, kind: account.kind, name: account.name, balance_microcredits: account.balanceMicrocredits };
}

/** From the core's form to the wire's. */
export function fromEntry(entry: Entry): z.infer<typeof entryView> {
  return {
    id: entry.id,
    at: toMoment(entry.at),
    kind: entry.kind,
    debit_account: entry.debitAccount,
    credit_account: entry.creditAccount,
    amount_microcredits: entry.amountMicrocredits,
    brief_id: entry.briefId,
    task_id: entry.taskId,
  };
}

/** Query of accounts. */
export const ledgerQuery = z.strictObject(pageQuery);

const day = z.iso.date('must be a day such as 2026-01-31');

/** What entries are narrowed to, by the names that addresses have too. */
export const entryFilter = {
  account: id.optional(),
  kind: z.enum(ENTRY_KINDS, `must be one of ${ENTRY_KINDS.join(', ')}`).optional(),
  brief: id.optional(),
  from: day.optional().describe('The first day, UTC'),
  to: day.optional().describe('The last day, UTC'),
};
export type EntryAsked = z.infer<z.ZodObject<typeof entryFilter>>;

/** Query of entries. */
export const entryQuery = z.strictObject({ ...pageQuery, ...entryFilter });
