/** What an estimate of the time left is made from. */
export type Pace = {
  pending: number;
  running: number;
  /** Places on machines that are here and fit; other briefs may use them too. */
  slots: number;
  /** How long a task of this campaign takes, in milliseconds. */
  taskMs: number;
};

/** From the least time, if all places were free for this campaign, to the time at its present share of them. */
export type TimeLeft = { leastMs: number; mostMs: number };

/**
 * How long a campaign goes on: its pending tasks and half of each running one, spread over the places, and never less
 * than one task needs. Null where nothing can run.
 */
export function estimateTimeLeft({ pending, running, slots, taskMs }: Pace): TimeLeft | null {
  if (pending + running === 0) return { leastMs: 0, mostMs: 0 };
  const places = Math.max(slots, running);
  if (places === 0) return null;
  const work = pending + running / 2;
  const longest = pending > 0 ? 1 : 1 / 2;
  const over = (some: number) => Math.max(longest, work / some) * taskMs;
  return { leastMs: over(places), mostMs: over(running === 0 ? places : running) };
}
