/** Numbers of an axis: short, never rounded to equal texts, exponents only for the very large and small. */
export function tickText(value: number, _index = 0, ticks: readonly number[] = [value]): string {
  const digits = [6, 8, 10, 12].find((most) => new Set(ticks.map((tick) => roundedText(tick, most))).size === ticks.length) ?? 15;
  return roundedText(value, digits);
}

function roundedText(value: number, digits: number): string {
  const size = Math.abs(value);
  const short = Number(value.toPrecision(digits));
  return size !== 0 && (size < 1e-4 || size >= 1e6) ? short.toExponential().replace('e+', 'e') : String(short);
}
