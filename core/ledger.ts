import type { VerificationPolicy } from './verify.ts';
import { HARDWARE_PROFILES, type Requirements } from './worker.ts';

/** Credits are integers of one millionth, so that sums are exact. */
export const MICROCREDITS = 1_000_000;

/** Budgeted seconds by which prices are told: a minute on a small machine costs one credit. */
const SECONDS_PER_PRICE = 60;

/** A size of machine, by what a brief asks for. */
export type HardwareClass = keyof typeof PRICE_LIST;

/** Credits for a minute of budgeted time, by the size of machine that a brief asks for: no worker can change either. */
export const PRICE_LIST = { small: 1, medium: 2, large: 4, gpu: 8 } as const;

/**
 * A holder of credits. The treasury issues them, so its balance is negative and all balances add up to 0. No other
 * balance is ever below 0.
 */
export type Account = { id: string; kind: AccountKind; name: string; balanceMicrocredits: number };

export type AccountKind = 'person' | 'worker' | 'hold' | 'treasury';

/** A transfer. Entries are never changed; a correction is a new entry. */
export type Entry = {
  id: string;
  at: number;
  kind: EntryKind;
  debitAccount: string;
  creditAccount: string;
  amountMicrocredits: number;
  briefId: string | null;
  taskId: string | null;
};

/**
 * What an entry can be for. `starter` and `grant` come from the treasury to a person; `hold` goes from a person to the hold
 * of a brief and `release` back; `result`, `failure` and `fee` are paid from the hold, to a worker or for verification;
 * `audit` pays a worker from the verification fund, which `subsidy` fills where fees do not; `reversal` takes back, and
 * `remedy` makes up for what can no longer be taken back.
 */
export const ENTRY_KINDS = ['starter', 'grant', 'hold', 'result', 'failure', 'fee', 'audit', 'subsidy', 'reversal', 'remedy', 'release'] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** The account that issues credits. */
export const TREASURY_ID = 'treasury';

/** The fund that takes the fees for verification and pays its runs. */
export const VERIFICATION_ID = 'verification';

/** The account of whoever administers this server. */
export const LOCAL_ID = 'local';

const HOLD_PREFIX = 'hold-';

/** The account that holds the credits of a brief that is under way. */
export function holdOf(briefId: string): string {
  return `${HOLD_PREFIX}${briefId}`;
}

/** The brief whose hold an account is; null where it is none. */
export function briefOfHold(accountId: string): string | null {
  return accountId.startsWith(HOLD_PREFIX) ? accountId.slice(HOLD_PREFIX.length) : null;
}

/** Credits that are enough to pay so much: rounded up to a hundredth, so that whoever types the number has enough. */
export function creditsToPay(microcredits: number): number {
  return Math.ceil(microcredits / (MICROCREDITS / 100)) / 100;
}

const inFull = new Intl.NumberFormat('en', { maximumFractionDigits: 6 });

/** Credits to the last micro-credit, for sentences: `2`, `0.001658`. */
export function creditsInFull(microcredits: number): string {
  return inFull.format(microcredits / MICROCREDITS);
}

/** The size of machine that requirements ask for: the smallest profile that they fit into, or that of a graphics card. */
export function hardwareClass(requires: Requirements): HardwareClass {
  if (requires.gpuVramGb > 0) return 'gpu';
  const exceeds = (profile: Requirements | undefined) => profile !== undefined && (requires.cpuCores > profile.cpuCores || requires.ramGb > profile.ramGb);
  if (exceeds(HARDWARE_PROFILES['medium'])) return 'large';
  return exceeds(HARDWARE_PROFILES['small']) ? 'medium' : 'small';
}

/** What one run costs: its budgeted time by the price list, whatever time it used, in micro-credits (at least one). */
export function taskPriceMicrocredits(timeBudgetSeconds: number, size: HardwareClass = 'small'): number {
  return Math.max(1, Math.floor((timeBudgetSeconds * PRICE_LIST[size] * MICROCREDITS) / SECONDS_PER_PRICE));
}

/**
 * What is added to the price of a run for its share of audits, each of which is paid like a run: as many as must agree with
 * it, for the share of results that is audited. Rounded up; nothing where results are not verified.
 */
export function runFeeMicrocredits(priceMicrocredits: number, policy: Pick<VerificationPolicy, 'auditShare' | 'quorum'> | null): number {
  return policy === null ? 0 : Math.ceil(priceMicrocredits * policy.auditShare * (policy.quorum - 1));
}

/** What a failed attempt earns whose script was at fault: the price by the share of the budgeted time that it used, at most all of it. */
export function failurePayMicrocredits(priceMicrocredits: number, usedSeconds: number, timeBudgetSeconds: number): number {
  return Math.floor(priceMicrocredits * Math.min(1, Math.max(0, usedSeconds) / timeBudgetSeconds));
}
