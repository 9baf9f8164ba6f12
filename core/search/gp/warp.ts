/**
 * Losses as the model sees them. A strictly rising function of the loss changes no order, but a model that assumes one
 * smoothness everywhere fits better where the huge losses of bad regions are pressed together (Snelson et al. 2004,
 * "Warped Gaussian processes"). Which of these warps serves best is chosen by the likelihood.
 */
export type Warp = {
  /** The warped and standardized value of a loss. */
  of: (loss: number) => number;
  /** The slope of it there. */
  slopeAt: (loss: number) => number;
};

type Shape = { of: (value: number) => number; slopeAt: (value: number) => number };

/** Shapes over losses at a scale at which the median is 0 and the best is −1. */
const SHAPES: readonly Shape[] = [
  // Straight up to as far above the median as the best lies below it, then as slow as the logarithm.
  { of: (value) => (value <= 1 ? value : 1 + Math.log(value)), slopeAt: (value) => (value <= 1 ? 1 : 1 / value) },
  { of: (value) => value, slopeAt: () => 1 },
  ...[1, 0.1, 0.01].map((offset): Shape => ({ of: (value) => Math.log(offset + Math.max(0, value + 1)), slopeAt: (value) => 1 / (offset + Math.max(0, value + 1)) })),
];

/** All warps over these losses, in a fixed order; there is at least one loss. */
export function warpsOver(losses: readonly number[]): Warp[] {
  const sorted = Float64Array.from(losses).toSorted();
  const best = sorted[0] as number;
  const median = sorted[sorted.length >> 1] as number;
  const range = median > best ? median - best : (sorted.at(-1) as number) - best;
  const scale = range > 0 && Number.isFinite(range) ? range : 1;
  return SHAPES.map((shape) => {
    const shaped = losses.map((loss) => shape.of((loss - median) / scale));
    const mean = shaped.reduce((sum, value) => sum + value, 0) / shaped.length;
    const spread = Math.sqrt(shaped.reduce((sum, value) => sum + (value - mean) ** 2, 0) / shaped.length);
    const unit = spread > 1e-12 ? spread : 1;
    return { of: (loss) => (shape.of((loss - median) / scale) - mean) / unit, slopeAt: (loss) => shape.slopeAt((loss - median) / scale) / (scale * unit) };
  });
}
