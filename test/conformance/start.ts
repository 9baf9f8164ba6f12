/** Moments in tests begin here; a round number that is easy to recognise. */
export const START_MS = 1_800_000_000_000;
