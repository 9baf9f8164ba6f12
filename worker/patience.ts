import { setTimeout as wait } from 'node:timers/promises';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
const LONGEST_ASKED_PAUSE_MS = 300_000;

/**
 * How long to wait after so many failures in a row, in milliseconds: doubling, and jittered so that a fleet whose
 * server was restarted does not return all at once. A server's `Retry-After` is a lower bound.
 */
export function pauseMs(failures: number, askedMs: number | null = null): number {
  const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10));
  return Math.max(most * (0.5 + Math.random() / 2), Math.min(askedMs ?? 0, LONGEST_ASKED_PAUSE_MS));
}

/** Waits; false when the signal ended the wait. */
export async function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await wait(ms, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

/** A bound on how long something may go on: so many milliseconds after a signal. */
export type Limit = { after: AbortSignal; ms: number };

/** Does something with a signal that aborts at the first of the limits. Nothing of it stays when the work is over. */
export async function withPatience<T>(limits: Limit[], work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  const armed = limits.map(({ after, ms }) => ({ after, begin: () => void timers.push(setTimeout(() => over.abort(), ms)) }));
  for (const { after, begin } of armed) {
    if (after.aborted) begin();
    else after.addEventListener('abort', begin, { once: true });
  }
  try {
    return await work(over.signal);
  } finally {
    for (const { after, begin } of armed) after.removeEventListener('abort', begin);
    for (const timer of timers) clearTimeout(timer);
  }
}
