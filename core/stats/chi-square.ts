const MOST_TERMS = 10_000;
const EXACT = 1e-15;
const HALVINGS = 200;

/**
 * The quantile of the chi-square distribution (Pearson 1900), by bisection of its distribution function.
 *
 * @param share the probability below it, more than 0 and less than 1
 * @param degrees of freedom, above 0
 */
export function chiSquareQuantile(share: number, degrees: number): number {
  let [low, high] = [0, degrees + 10];
  while (gammaBelow(degrees / 2, high / 2) < share) high *= 2;
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (gammaBelow(degrees / 2, middle / 2) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The logarithm of Γ(x), x > 0: Stirling's series (Abramowitz & Stegun 1964, 6.1.41) after moving x up by Γ(x + 1) = xΓ(x). */
export function logGamma(x: number): number {
  let [moved, product] = [x, 1];
  while (moved < 12) {
    product *= moved;
    moved += 1;
  }
  const inverse = 1 / (moved * moved);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / moved;
  return (moved - 0.5) * Math.log(moved) - moved + Math.log(2 * Math.PI) / 2 + series - Math.log(product);
}

/** The regularised incomplete gamma function P(a, x): its series (Abramowitz & Stegun 1964, 6.5.29), or its continued fraction (6.5.31) where that is shorter. */
function gammaBelow(a: number, x: number): number {
  if (x <= 0) return 0;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x > a + 1) return 1 - scale * upperFraction(a, x);
  let term = 1 / a;
  let sum = term;
  for (let index = 1; index < MOST_TERMS && term > sum * EXACT; index += 1) {
    term *= x / (a + index);
    sum += term;
  }
  return scale * sum;
}

/** The fraction in Q(a, x) = xᵃe⁻ˣ/Γ(a) · 1/(x + 1 − a − 1(1 − a)/(x + 3 − a − …)), from the front (Lentz 1976, Applied Optics 15:668–671). */
function upperFraction(a: number, x: number): number {
  let below = x + 1 - a;
  let [up, down] = [1e300, 1 / below];
  let value = down;
  for (let index = 1; index < MOST_TERMS; index += 1) {
    const part = -index * (index - a);
    below += 2;
    down = 1 / (part * down + below);
    up = below + part / up;
    const change = up * down;
    value *= change;
    if (Math.abs(change - 1) < EXACT) break;
  }
  return value;
}
