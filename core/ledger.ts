/** Credits are integers of one millionth, so that sums are exact. */
export const MICROCREDITS = 1_000_000;

/** One credit buys a minute of budgeted training time. */
const SECONDS_PER_CREDIT = 60;

/** A holder of credits. The treasury issues them, so its balance is negative and all balances add up to 0. */
export type Account = { id: string; kind: AccountKind; name: string; balanceMicrocredits: number };

export type AccountKind = 'person' | 'worker' | 'hold' | 'treasury';

/** A transfer. Entries are never changed; a correction is a new entry. */
export type Entry = {
  id: string;
  at: number;
  kind: string;
  debitAccount: string;
  creditAccount: string;
  amountMicrocredits: number;
  briefId: string | null;
  taskId: string | null;
};

/** What an entry can be for: an accepted result. */
export const ENTRY_KINDS = ['result'] as const;

/** The account that issues credits. */
export const TREASURY_ID = 'treasury';

/** The account that owns everything until there are accounts for people. */
export const LOCAL_ID = 'local';

/** Credits that are enough to pay so much: rounded up to a hundredth, so that whoever types the number has enough. */
export function creditsToPay(microcredits: number): number {
  return Math.ceil(microcredits / (MICROCREDITS / 100)) / 100;
}

/** What one run costs: its budgeted time, whatever time it used, in micro-credits (at least one). */
export function taskPriceMicrocredits(timeBudgetSeconds: number): number {
  return Math.max(1, Math.floor((timeBudgetSeconds * MICROCREDITS) / SECONDS_PER_CREDIT));
}
