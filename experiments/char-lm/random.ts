/** A seeded source of numbers: the same seed gives the same sequence on every platform. */
export type RandomSource = {
  /** Uniform in [0, 1), a multiple of 2^-32. */
  uniform: () => number;
  /** Uniform whole number in [0, bound); bound is a whole number in [1, 2^32]. */
  below: (bound: number) => number;
  /** Standard normal. */
  normal: () => number;
};

/**
 * Mulberry32, a 32-bit generator by Tommy Ettinger (public domain): an additive counter and a mixing
 * function. Its period of 2^32 is ample for initial weights and batch positions.
 * Normals come by Box and Muller (1958), whose log, sqrt, cos are the platform's: equal wherever the
 * engine is V8, and within one unit in the last place elsewhere.
 */
export function randomSource(seed: number): RandomSource {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number): number => Math.floor(uniform() * bound);
  const normal = (): number => {
    // 1 - u lies in (0, 1], so the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  };
  return { uniform, below, normal };
}

/** A seed for an independent stream, so that drawing more weights does not shift the batches. */
export function streamSeed(seed: number, stream: number): number {
  let mixed = (seed ^ Math.imul(stream + 1, 0x9e3779b9)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
