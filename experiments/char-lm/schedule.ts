import type { Schedule } from "./configuration.ts";

/** What the decaying schedules end at, as a share of the peak. */
const FINAL_SHARE = 0.1;

/**
 * The factor on the learning rate at `progress` in [0, 1] of the run: a linear rise over
 * `warmupFraction`, then the schedule over the rest.
 *
 * - `cosine`: half a cosine from 1 to 0.1 (Loshchilov and Hutter 2017, without restarts);
 * - `linear`: a straight line from 1 to 0.1;
 * - `step_decay`: 1, then 0.3 from 60 % and 0.1 from 85 % of the rest.
 */
export function learningRateFactor(schedule: Schedule, warmupFraction: number, progress: number): number {
  if (progress < warmupFraction) return progress / warmupFraction;
  const rest = warmupFraction < 1 ? Math.min(1, (progress - warmupFraction) / (1 - warmupFraction)) : 1;
  switch (schedule) {
    case "cosine":
      return FINAL_SHARE + (1 - FINAL_SHARE) * 0.5 * (1 + Math.cos(Math.PI * rest));
    case "linear":
      return 1 - (1 - FINAL_SHARE) * rest;
    case "step_decay":
      if (rest < 0.6) return 1;
      return rest < 0.85 ? 0.3 : FINAL_SHARE;
  }
}
