import type { Configuration, Parameter, Scalar, Space } from '#core/space.ts';

/** A function to minimize over a space. What a trial shows is the true value plus `noise` times a standard normal. */
export type Objective = { name: string; space: Space; valueOf: (config: Configuration) => number; noise: number; optimum: number | null };

/** The objectives of the public comparison in `fixtures/optuna-quality.json`. */
export const OBJECTIVES: readonly Objective[] = [
  { name: 'branin', space: spaceOf({ x1: real(-5, 10), x2: real(0, 15) }), valueOf: branin, noise: 0, optimum: 0.39788735772973816 },
  { name: 'rosenbrock4_log', space: spaceOf(box(4, { type: 'log', low: 0.01, high: 100 })), valueOf: rosenbrockLog, noise: 0, optimum: 0 },
  {
    name: 'charlm',
    space: spaceOf({
      lr: { type: 'log', low: 1e-4, high: 1e-2 },
      lr_schedule: choice('cosine', 'linear', 'step_decay'),
      n_layers: choice(2, 4, 6),
      n_heads: choice(2, 4),
      d_model: choice(64, 128, 256),
      d_ff: choice(256, 512),
      batch_size: choice(32, 64, 128),
      context_length: choice(128, 256),
    }),
    valueOf: charLm,
    noise: 0,
    optimum: 1.6881512264395508,
  },
  {
    name: 'conditional',
    space: spaceOf({
      optimizer: choice('sgd', 'adam', 'tree'),
      depth: { type: 'int', low: 1, high: 10 },
      sgd_lr: { type: 'log', low: 1e-5, high: 1, when: { optimizer: ['sgd'] } },
      momentum: { type: 'uniform', low: 0, high: 0.99, when: { optimizer: ['sgd'] } },
      adam_lr: { type: 'log', low: 1e-6, high: 1, when: { optimizer: ['adam'] } },
      beta2_gap: { type: 'log', low: 1e-4, high: 1e-1, when: { optimizer: ['adam'] } },
      amsgrad: { type: 'choice', values: ['yes', 'no'], when: { optimizer: ['adam'] } },
      leaves_log2: { type: 'int', low: 2, high: 12, when: { optimizer: ['tree'] } },
      shrinkage: { type: 'uniform', low: 0.01, high: 1, when: { optimizer: ['tree'] } },
    }),
    valueOf: conditional,
    noise: 0,
    optimum: 0.1,
  },
];

/** A real parameter between two bounds. */
export function real(low: number, high: number): Parameter {
  return { type: 'uniform', low, high };
}

/** A parameter with these values, in no order. */
export function choice(...values: Scalar[]): Parameter {
  return { type: 'choice', values };
}

/** Parameters `x1`, `x2`, … of the same kind. */
export function box(dimensions: number, parameter: Parameter): Record<string, Parameter> {
  return Object.fromEntries(Array.from({ length: dimensions }, (_, index) => [`x${index + 1}`, parameter]));
}

/** A space without constraints, or with these. */
export function spaceOf(parameters: Record<string, Parameter>, constraints: string[] = []): Space {
  return { parameters, constraints };
}

/** A numeric value of a configuration. */
export function at(config: Configuration, name: string): number {
  return Number(config[name]);
}

/** Branin & Hoo's function, with three equal minima (Dixon & Szegö 1978, Towards Global Optimisation 2). */
export function branin(config: Configuration): number {
  const [x, y] = [at(config, 'x1'), at(config, 'x2')];
  return (y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6) ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
}

/** The logarithm of one more than Rosenbrock's function, of which the log scale sees a narrow bent valley. */
function rosenbrockLog(config: Configuration): number {
  const x = ['x1', 'x2', 'x3', 'x4'].map((name) => at(config, name));
  let sum = 0;
  for (let index = 0; index < 3; index += 1) {
    const [here = 0, next = 0] = [x[index], x[index + 1]];
    sum += 100 * (next - here ** 2) ** 2 + (1 - here) ** 2;
  }
  return Math.log1p(sum);
}

/** Bits per byte of a small character model: capacity, data, optimisation, a learning rate that may be off, and how these meet. */
export function charLm(config: Configuration): number {
  const [layers, heads, width, inner] = [at(config, 'n_layers'), at(config, 'n_heads'), at(config, 'd_model'), at(config, 'd_ff')];
  const [batch, context, schedule] = [at(config, 'batch_size'), at(config, 'context_length'), String(config['lr_schedule'])];
  const off = decadesOff(config);
  const weights = layers * (4 * width * width + 2 * width * inner);
  const steps = Math.min(4000, 4e14 / (6 * weights * batch * context));
  const tokens = steps * batch * context;
  const penalty: Record<string, number> = { cosine: 0, linear: 0.012, step_decay: 0.03 };
  let value = 1.2 + 0.35 * (weights / 1e6) ** -0.18 + 0.2 * (tokens / 16.4e6) ** -0.28 + 0.9 * steps ** -0.35;
  value += (0.16 * off * off + 0.45 * Math.max(0, off - 0.35) ** 2) * (1 + (0.15 * (layers - 2)) / 2);
  value += (penalty[schedule] ?? 0) + (schedule === 'step_decay' && steps < 1500 ? 0.02 : 0);
  value += 0.01 * Math.abs(Math.log2(width / heads / 48)) + 0.012 * Math.log2(inner / width / 3) ** 2;
  value -= 0.05 * Math.log2(context / 128) * (0.5 + (0.5 * layers) / 6);
  return value + 0.03 * Math.max(0, Math.log10((weights * tokens) / 4e13)) ** 2;
}

/** How many decades the learning rate of a configuration lies above the best one for its other values. */
export function decadesOff(config: Configuration): number {
  const shift: Record<string, number> = { cosine: 0, linear: 0.05, step_decay: -0.15 };
  const best = Math.log10(2e-3) - 0.5 * Math.log10(at(config, 'd_model') / 128) + 0.35 * Math.log10(at(config, 'batch_size') / 64) - 0.25 * Math.log10(at(config, 'n_layers') / 4);
  return Math.log10(at(config, 'lr')) - best - (shift[String(config['lr_schedule'])] ?? 0);
}

/** Three branches with parameters of their own: `sgd` is good on average, `adam` has the narrower and better optimum. */
function conditional(config: Configuration): number {
  const decades = (name: string): number => Math.log10(at(config, name));
  const depth = at(config, 'depth');
  if (config['optimizer'] === 'sgd') return 0.3 + 0.15 * (decades('sgd_lr') + 1) ** 2 + 1.2 * (at(config, 'momentum') - 0.9) ** 2 + 0.05 * Math.abs(depth - 5);
  if (config['optimizer'] === 'adam') {
    const penalty = config['amsgrad'] === 'yes' ? 0.15 : 0;
    return 0.1 + 0.45 * (decades('adam_lr') + 3) ** 2 + 0.12 * (decades('beta2_gap') + 2.5) ** 2 + 0.06 * Math.abs(depth - 4) + penalty;
  }
  return 0.42 + 0.03 * Math.abs(at(config, 'leaves_log2') - 7) + 0.5 * (at(config, 'shrinkage') - 0.3) ** 2 + 0.02 * Math.abs(depth - 8);
}
