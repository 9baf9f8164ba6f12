import type { Metric } from '#core/experiment.ts';
import { seededRandom } from '#core/random.ts';
import { isActive, searchOrder, valueAt, type Configuration, type Space } from '#core/space.ts';
import type { Run } from '#web/parts/pictures/runs.ts';
import type { Study } from '#web/parts/pictures/study.ts';

/** A space with every kind of parameter, a conditional one among them. */
export const MADE_SPACE: Space = {
  parameters: {
    lr: { type: 'log', low: 1e-4, high: 2e-2 },
    lr_schedule: { type: 'choice', values: ['cosine', 'linear', 'step_decay'] },
    step_size: { type: 'int', low: 10, high: 200, when: { lr_schedule: ['step_decay'] } },
    n_layers: { type: 'choice', values: [1, 2, 4], ordered: true },
    dropout: { type: 'uniform', low: 0, high: 0.4 },
    width: { type: 'int', low: 16, high: 256, log: true },
    batch: { type: 'fixed', value: 8 },
  },
  constraints: [],
};

/** A study for pictures of made-up runs. */
export function madeStudy(changes: Partial<Study> = {}): Study {
  const metric: Metric = { name: 'val_bpb', direction: 'minimize', above: 0 };
  return { metric, space: MADE_SPACE, page: { path: '/styleguide', query: {} }, filter: '', ...changes };
}

/**
 * Runs with the same values on every visit.
 *
 * @param value what a run reached, null where it failed; by default a bowl around a learning rate with some noise
 */
export function madeRuns(count: number, space: Space = MADE_SPACE, value?: (index: number, config: Configuration) => number | null): Run[] {
  const random = seededRandom(count);
  const order = searchOrder(space) ?? [];
  return Array.from({ length: count }, (_, index): Run => {
    const config: Configuration = {};
    for (const name of order) {
      const parameter = space.parameters[name];
      const share = random();
      if (parameter !== undefined && isActive(parameter, config)) config[name] = valueAt(parameter, share);
    }
    const reached = value === undefined ? 2.6 + 0.3 * (Math.log10(Number(config['lr'] ?? 1e-3)) + 2.6) ** 2 + 0.1 * random() : value(index, config);
    const startedAt = 1_700_000_000_000 + index * 4000;
    const finishedAt = startedAt + 9000 + Math.round(2000 * random());
    return { id: `specimen-${index + 1}`, number: index + 1, state: reached === null ? 'failed' : 'completed', config, seed: index, value: reached, workerId: 'specimen-worker', startedAt, finishedAt };
  });
}
