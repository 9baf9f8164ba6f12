export const MINUTE_MS = 60_000;

/** The number of the minute that a moment in epoch milliseconds falls into. */
export function minuteOf(at: number): number {
  return Math.floor(at / MINUTE_MS);
}
