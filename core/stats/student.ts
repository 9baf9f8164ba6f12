/** Beyond this many degrees the quantile of this many serves: it is larger by less than 0.0003, so intervals stay true. */
const MOST_DEGREES = 10_000;
const HALVINGS = 200;

const known = new Map<string, number>();

/**
 * The quantile of Student's t distribution (Student 1908, Biometrika 6:1–25), by bisection of its distribution function.
 *
 * @param share the probability below it, at least 0.5 and below 1, e.g. 0.975 for a two-sided interval of 95 %
 * @param degrees the whole number of degrees of freedom, at least 1
 */
export function studentQuantile(share: number, degrees: number): number {
  const counted = Math.min(degrees, MOST_DEGREES);
  const key = `${share} ${counted}`;
  let quantile = known.get(key);
  if (quantile === undefined) {
    quantile = bisect(share, counted);
    known.set(key, quantile);
  }
  return quantile;
}

function bisect(share: number, degrees: number): number {
  let [low, high] = [0, 1];
  while (below(high, degrees) < share) high *= 2;
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (below(middle, degrees) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The probability of a value below t ≥ 0, by the finite series for whole degrees of freedom
 * (Abramowitz & Stegun 1964, "Handbook of Mathematical Functions", 26.7.3 and 26.7.4).
 */
function below(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let power = isOdd ? 3 : 2; power <= degrees - 2; power += 2) {
    term *= ((power - 1) / power) * cosine * cosine;
    sum += term;
  }
  const within = isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
  return (1 + within) / 2;
}
