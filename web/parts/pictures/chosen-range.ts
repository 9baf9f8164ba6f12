import { placeOf, type Axis } from './axis.ts';
import { filterOf, isSame, type Study } from './study.ts';

/** The stretch of an axis that the filter lets pass, as places; null where it does not restrict the axis. */
export function chosenRange(axis: Axis, study: Pick<Study, 'filter' | 'space' | 'metric'>): { low: number; high: number } | null {
  const terms = filterOf(study).terms.filter((term) => isSame(term.field, axis.field) && !term.negated);
  if (terms.length === 0) return null;
  let [low, high] = [0, 1];
  for (const { comparator, values } of terms) {
    const places = values.flatMap((value) => {
      const choice = axis.scale === 'points' ? axis.choices.find((one) => String(one) === value.text) : undefined;
      return placeOf(axis, choice ?? (value.kind === 'number' ? value.number : value.text)) ?? [];
    });
    if (places.length === 0) continue;
    if (comparator !== '<' && comparator !== '<=') low = Math.max(low, Math.min(...places));
    if (comparator !== '>' && comparator !== '>=') high = Math.min(high, Math.max(...places));
  }
  return { low: Math.min(low, high), high: Math.max(low, high) };
}
