/** What a stretch of work came to: how many times a second, and how long one took. */
export type Measurement = { perSecond: number; count: number; p50Ms: number; p99Ms: number };

/**
 * Repeats work for a while, several at a time: each repetition of a client begins when its last one has ended.
 *
 * @param clients one function per client, which does the work once
 * @param seconds for how long new repetitions begin
 */
export async function measure(clients: readonly (() => Promise<void>)[], seconds: number): Promise<Measurement> {
  const durationsMs: number[] = [];
  const startedMs = performance.now();
  const untilMs = startedMs + seconds * 1000;
  await Promise.all(
    clients.map(async (once) => {
      for (let beganMs = performance.now(); beganMs < untilMs;) {
        await once();
        const endedMs = performance.now();
        durationsMs.push(endedMs - beganMs);
        beganMs = endedMs;
      }
    }),
  );
  const tookMs = performance.now() - startedMs;
  durationsMs.sort((left, right) => left - right);
  return { perSecond: (durationsMs.length / tookMs) * 1000, count: durationsMs.length, p50Ms: quantile(durationsMs, 0.5), p99Ms: quantile(durationsMs, 0.99) };
}

/** The value below which a share of sorted values lies, by the nearest rank; NaN without values. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** The middle value; the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return (quantile(sorted, 0.5) + (sorted[Math.floor(sorted.length / 2)] ?? Number.NaN)) / 2;
}

/** The middle of several measurements in each respect. */
export function medianOf(measurements: readonly Measurement[]): Measurement {
  const middle = (of: keyof Measurement): number => median(measurements.map((one) => one[of]));
  return { perSecond: middle('perSecond'), count: middle('count'), p50Ms: middle('p50Ms'), p99Ms: middle('p99Ms') };
}
