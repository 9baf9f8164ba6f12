import { z } from 'zod';
import { BRIEF_STATES, lackOf, totalCount, type Family } from '#core/brief.ts';
import { MICROCREDITS } from '#core/ledger.ts';
import { standardDeviation } from '#core/rollup.ts';
import { fromRequirements, needs, requirements } from './experiment.ts';
import { id, moment, pageQuery, toMoment } from './scalar.ts';
import { configuration } from './space.ts';

/** The metric of a campaign. */
export const metricView = z.object({ name: z.string(), direction: z.enum(['minimize', 'maximize']), above: z.number().nullable() });

/** Tasks by state. */
export const countsView = z.object({
  pending: z.number(),
  running: z.number(),
  completed: z.number(),
  failed: z.number(),
  cancelled: z.number(),
  total: z.number(),
});

/** Over the values of completed tasks; null while there are too few. `std` is the sample's. */
export const summaryView = z.object({
  n: z.number(),
  best: z.number().nullable(),
  mean: z.number().nullable(),
  std: z.number().nullable(),
  median: z.number().nullable(),
  min: z.number().nullable(),
  max: z.number().nullable(),
});

/** A campaign as the API shows it. */
export const familyView = z.object({
  id,
  brief_id: id,
  name: z.string(),
  state: z.enum(BRIEF_STATES),
  experiment: z.string(),
  package_sha256: z.string(),
  metric: metricView,
  baseline: z.number().nullable(),
  needs,
  requires: requirements,
  counts: countsView,
  held_credits: z.number().describe('What is held for its open tasks'),
  missing_credits: z.number().describe('What is not held yet for its open tasks; where it is exhausted, what it lacks to end'),
  summary: summaryView,
  best: z.object({ task_id: id, value: z.number(), config: configuration, seed: z.number() }).nullable(),
  created_at: moment,
});

/** The winner of a family, as far as there is one. */
export type BestRun = NonNullable<z.infer<typeof familyView>['best']>;

/** From the core's form to the wire's; median and best are read beside the family. */
export function fromFamily(family: Family, median: number | null, best: BestRun | null): z.infer<typeof familyView> {
  const { rollup } = family;
  return {
    id: family.id,
    brief_id: family.briefId,
    name: family.name,
    state: family.state,
    experiment: family.experiment,
    package_sha256: family.packageSha256,
    metric: family.metric,
    baseline: family.baseline,
    needs: family.needs,
    requires: fromRequirements(family.requires),
    counts: { ...family.counts, total: totalCount(family.counts) },
    held_credits: family.heldMicrocredits / MICROCREDITS,
    missing_credits: lackOf(family, family.counts) / MICROCREDITS,
    summary: {
      n: rollup.n,
      best: rollup.best,
      mean: rollup.n === 0 ? null : rollup.mean,
      std: standardDeviation(rollup),
      median,
      min: rollup.min,
      max: rollup.max,
    },
    best,
    created_at: toMoment(family.createdAt),
  };
}

/** Query of the list of families. */
export const familyQuery = z.strictObject(pageQuery);
