import type { Place } from '#core/curve.ts';
import { studentQuantile } from '#core/stats/student.ts';
import type { Noise } from '#core/stats/noise.ts';

/** One run of a task: its value, and its learning curve of the metric, from the first step to the last. */
export type Run = {
  value: number;
  curve: readonly Place[];
  /** How many steps it made, where it said so; the last place of its curve otherwise. */
  steps: number | null;
};

/** Whether two runs of one task agree, in a sentence, and how far apart their values may be. */
export type Agreement = { agrees: boolean; reason: string; margin: number };

/** Where no configuration ran twice, and at single places of a curve, values that differ by this share of them agree. */
const UNKNOWN_NOISE_SHARE = 0.05;

/** Machines of one class may still round differently. */
const ROUNDING_SHARE = 0.001;

/**
 * Two honest runs differ by more than the margin once in a thousand times, if their values differ as seeds make them
 * differ. Runs of one seed differ by less, so an honest worker is accused far less often than that.
 */
const TWO_SIDED_999 = 0.9995;

/** A curve is evidence from so many places on, and agrees where this share of its places does. */
const LEAST_PLACES = 3;
const AGREEING_SHARE = 0.8;

/** Runs whose steps differ by less are equally long; one that made more than so many times the other's is not compared at its end. */
const EQUAL_LENGTH_SHARE = 0.02;
const MOST_LENGTH_RATIO = 4;

/**
 * Whether an audit confirms a result: their values are no further apart than tolerance or noise allows, and so are
 * their curves where both have one. Where one machine was faster, so that the values differ but the curves run
 * together, the faster one is compared at the step where the slower one ended.
 *
 * @param noise the pooled deviation of runs that differ by their seed, null where it is not known
 * @param tolerance what a person allows; null takes it from the noise
 */
export function agreement(original: Run, audit: Run, noise: Noise | null, tolerance: number | null): Agreement {
  const margin = marginOf(original.value, audit.value, noise, tolerance);
  const gap = Math.abs(original.value - audit.value);
  const curves = compareCurves(original, audit, margin);
  const apart = `${short(original.value)} and ${short(audit.value)} are ${short(gap)} apart, ${short(margin)} is allowed`;
  if (gap <= margin) {
    if (curves.places < LEAST_PLACES) return { agrees: true, margin, reason: `The values agree: ${apart}; there are too few points in common to compare the curves.` };
    if (curves.agree) return { agrees: true, margin, reason: `The values agree: ${apart}; so do the curves at ${curves.agreeing} of ${curves.places} places.` };
    return { agrees: false, margin, reason: `The values agree, but the curves do not: they run together at ${curves.agreeing} of ${curves.places} places only.` };
  }
  const end = curves.agree ? compareAtShorterEnd(original, audit) : null;
  if (end !== null && end.gap <= margin) return { agrees: true, margin, reason: `One run made ${end.more} steps and the other ${end.fewer}: at step ${end.fewer} they are ${short(end.gap)} apart, ${short(margin)} is allowed, and so do the curves agree before it.` };
  return { agrees: false, margin, reason: `The values differ: ${apart}.` };
}

/** How far apart the values of two runs of one task may be. */
export function marginOf(left: number, right: number, noise: Noise | null, tolerance: number | null): number {
  if (tolerance !== null) return tolerance;
  const size = Math.max(Math.abs(left), Math.abs(right));
  if (noise === null) return size * UNKNOWN_NOISE_SHARE;
  return Math.max(size * ROUNDING_SHARE, studentQuantile(TWO_SIDED_999, noise.degrees) * noise.deviation * Math.SQRT2);
}

type CurveComparison = { places: number; agreeing: number; agree: boolean };

/**
 * Compares by step, and by the share of the run: where the learning rate follows the time that has passed, a faster
 * machine's curve is the same one drawn longer.
 */
function compareCurves(left: Run, right: Run, margin: number): CurveComparison {
  const bySteps = compareAt(left.curve, right.curve, margin);
  if (bySteps.agree || bySteps.places < LEAST_PLACES) return bySteps;
  const byShare = compareAt(asShares(left.curve), asShares(right.curve), margin);
  return byShare.agree ? byShare : bySteps;
}

function compareAt(left: readonly Place[], right: readonly Place[], margin: number): CurveComparison {
  const [coarse, fine] = left.length <= right.length ? [left, right] : [right, left];
  const pairs = coarse.flatMap(({ x, y }) => {
    const other = valueAt(fine, x);
    return other === null ? [] : [Math.abs(other - y) <= Math.max(margin, UNKNOWN_NOISE_SHARE * Math.max(Math.abs(other), Math.abs(y)))];
  });
  const agreeing = pairs.filter((agrees) => agrees).length;
  return { places: pairs.length, agreeing, agree: pairs.length >= LEAST_PLACES && agreeing >= AGREEING_SHARE * pairs.length };
}

function compareAtShorterEnd(left: Run, right: Run): { gap: number; fewer: number; more: number } | null {
  const [shorter, longer] = stepsOf(left) <= stepsOf(right) ? [left, right] : [right, left];
  const [fewer, more] = [stepsOf(shorter), stepsOf(longer)];
  if (fewer <= 0 || more - fewer <= EQUAL_LENGTH_SHARE * more || more > MOST_LENGTH_RATIO * fewer) return null;
  const there = valueAt([...longer.curve, { x: more, y: longer.value }], fewer);
  return there === null ? null : { gap: Math.abs(there - shorter.value), fewer, more };
}

function stepsOf(run: Run): number {
  return run.steps ?? run.curve.at(-1)?.x ?? 0;
}

function asShares(curve: readonly Place[]): Place[] {
  const until = curve.at(-1)?.x ?? 0;
  return until <= 0 ? [] : curve.map(({ x, y }) => ({ x: x / until, y }));
}

/** The value of a curve at x by linear interpolation; null outside of what was measured. */
function valueAt(curve: readonly Place[], x: number): number | null {
  const next = curve.findIndex((place) => place.x >= x);
  const right = curve[next];
  const left = curve[next - 1];
  if (right === undefined) return null;
  if (right.x === x) return right.y;
  return left === undefined ? null : left.y + ((right.y - left.y) * (x - left.x)) / (right.x - left.x);
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
