const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);
/** Beyond this many standard deviations the rational form gives way to a continued fraction. */
const FAR = 7.07106781186547;

/** The density of the standard normal distribution. */
export function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / ROOT_TWO_PI;
}

/**
 * The probability of a standard normal value below z, to about 15 digits: the rational approximation 5666 of
 * Hart et al. 1968, "Computer Approximations", and far out the continued fraction of Abramowitz & Stegun 1964, 26.2.14.
 */
export function normalBelow(z: number): number {
  const size = Math.abs(z);
  if (size > 38) return z > 0 ? 1 : 0;
  const tail = size < FAR ? Math.exp((-size * size) / 2) * ratio(size) : normalDensity(size) / (size + 1 / (size + 2 / (size + 3 / (size + 4 / (size + 0.65)))));
  return z > 0 ? 1 - tail : tail;
}

/**
 * The quantile of the standard normal distribution: the approximation of Abramowitz & Stegun 1964, 26.2.23, which is off
 * by less than 0.00045, made exact by Halley steps.
 *
 * @param share the probability below it, more than 0 and less than 1
 */
export function normalQuantile(share: number): number {
  const tail = Math.min(share, 1 - share);
  const t = Math.sqrt(-2 * Math.log(tail));
  let z = -(t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t));
  for (let step = 0; step < 3; step += 1) {
    const off = (normalBelow(z) - tail) / normalDensity(z);
    z -= off / (1 + (z * off) / 2);
  }
  return share < 0.5 ? z : -z;
}

function ratio(z: number): number {
  const above = ((((((0.0352624965998911 * z + 0.700383064443688) * z + 6.37396220353165) * z + 33.912866078383) * z + 112.079291497871) * z + 221.213596169931) * z) + 220.206867912376;
  const below = (((((((0.0883883476483184 * z + 1.75566716318264) * z + 16.064177579207) * z + 86.7807322029461) * z + 296.564248779674) * z + 637.333633378831) * z + 793.826512519948) * z) + 440.413735824752;
  return above / below;
}
