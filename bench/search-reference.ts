import optuna from './fixtures/optuna-quality.json' with { type: 'json' };

/** The middle half of the scores of several seeds. */
export type Quartiles = { q1: number; median: number; q3: number };

/** What a reference sampler reached, and over how many seeds it was measured. */
export type Reference = Quartiles & { sampler: string; seeds: number };

export const MEASURED_AFTER = [25, 50, 100, 200] as const;
export const REFERENCE_SOURCE = optuna.source;

/** The samplers with which a strategy is compared: its namesakes, and for `auto` all that anybody would choose. The best of them counts. */
const SAMPLERS: Record<string, string[]> = {
  random: ['random'],
  sobol: ['qmc_sobol'],
  tpe: ['tpe_default', 'tpe_group'],
  gp: ['gp'],
  'cma-es': ['cmaes'],
  auto: ['tpe_default', 'tpe_group', 'gp'],
};

/** The best of the samplers that were measured with as many pending trials, after so many trials; undefined where none was. */
export function referenceFor(strategy: string, objective: string, pending: number, trials: number): Reference | undefined {
  const rows = optuna.summary.filter((row) => row.objective === objective && row.pending === pending && SAMPLERS[strategy]?.includes(row.sampler) === true);
  const references = rows.flatMap((row): Reference[] => {
    const found: unknown = Reflect.get(row, String(trials));
    return isQuartiles(found) ? [{ ...found, sampler: row.sampler, seeds: row.seeds }] : [];
  });
  return references.toSorted((left, right) => left.median - right.median)[0];
}

/** The quartiles of scores, between the nearest ranks (type 7 of Hyndman & Fan 1996, as the references are). */
export function quartilesOf(scores: readonly number[]): Quartiles {
  const sorted = scores.toSorted((left, right) => left - right);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const [below = Number.NaN, above = below] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return below + (place - Math.floor(place)) * (above - below);
  };
  return { q1: at(0.25), median: at(0.5), q3: at(0.75) };
}

/**
 * How a median compares with the reference's: `equal` within a tenth of the reference's interquartile range. A question mark
 * says that seeds alone make medians differ as much: less than two standard errors of the difference, where the standard
 * error of a median of n normal values is 0.93 interquartile ranges divided by √n.
 */
export function verdictOn(ours: Quartiles, seeds: number, reference: Reference): string {
  const difference = ours.median - reference.median;
  const spread = reference.q3 - reference.q1;
  if (Math.abs(difference) <= spread / 10) return 'equal';
  const error = 0.93 * Math.hypot((ours.q3 - ours.q1) / Math.sqrt(seeds), spread / Math.sqrt(reference.seeds));
  return `${difference < 0 ? 'better' : 'worse'}${Math.abs(difference) < 2 * error ? '?' : ''}`;
}

function isQuartiles(value: unknown): value is Quartiles {
  return typeof value === 'object' && value !== null && 'median' in value;
}
