import { idFrom } from '#engine/id.ts';
import type { EntryAsked } from '#protocol/ledger.ts';
import type { EntryFilter } from '#store/ledger.ts';

const DAY_MS = 24 * 3_600_000;
/** Ids tell the time until the year 3084. */
const LATEST_MS = 32 ** 9 - 1;

/** What a list of entries is narrowed to, as addresses and queries say it. */
export type Narrowed = { account: string | null; kind: string | null; brief: string | null; from: string | null; to: string | null };

/** The narrowing that a query asks for, with null for what it leaves open. */
export function narrowedOf({ account, kind, brief, from, to }: EntryAsked): Narrowed {
  return { account: account ?? null, kind: kind ?? null, brief: brief ?? null, from: from ?? null, to: to ?? null };
}

/** A narrowing as the store takes it: days become ids, which begin with their time. */
export function toEntryFilter({ account, kind, brief, from, to }: Narrowed): EntryFilter {
  const span = { from: from === null ? null : idAt(Date.parse(from)), until: to === null ? null : idAt(Date.parse(to) + DAY_MS) };
  return { account, kind, brief, span };
}

function idAt(moment: number): string {
  return idFrom(Math.min(Math.max(moment, 0), LATEST_MS));
}
