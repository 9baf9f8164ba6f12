import type { Configuration } from '#core/space.ts';
import { at, box, branin, charLm, choice, OBJECTIVES, real, spaceOf, type Objective } from './search-objectives.ts';

/** Objectives of our own beside those of the public comparison: noisy, with more dimensions, constrained, and deceptive ones. */
export const FURTHER_OBJECTIVES: readonly Objective[] = [
  { name: 'hartmann6', space: spaceOf(box(6, real(0, 1))), valueOf: hartmann6, noise: 0, optimum: -3.32237 },
  { name: 'branin_noisy', space: spaceOf({ x1: real(-5, 10), x2: real(0, 15) }), valueOf: branin, noise: 2, optimum: 0.39788735772973816 },
  { ...noisy('charlm', 0.02), valueOf: charLm },
  noisy('conditional', 0.05),
  {
    name: 'ackley_mixed',
    space: spaceOf({ ...box(5, real(-3, 4)), kind: choice('a', 'b', 'c', 'd'), rough: choice(true, false), count: { type: 'int', low: 1, high: 30 } }),
    valueOf: ackleyMixed,
    noise: 0,
    optimum: 0,
  },
  {
    name: 'constrained',
    space: spaceOf({ width: { type: 'int', low: 16, high: 1024, log: true }, depth: { type: 'int', low: 1, high: 24 }, lr: { type: 'log', low: 1e-5, high: 1 }, dropout: real(0, 0.8) }, ['width * depth <= 4096', 'dropout >= 0.02 * depth']),
    valueOf: constrained,
    noise: 0,
    optimum: null,
  },
  { name: 'levy16', space: spaceOf(box(16, real(-10, 10))), valueOf: levy, noise: 0, optimum: 0 },
];

/** The objective with this name, ours or one of the public comparison. */
export function findObjective(name: string): Objective | undefined {
  return [...OBJECTIVES, ...FURTHER_OBJECTIVES].find((objective) => objective.name === name);
}

function noisy(name: string, noise: number): Objective {
  const objective = OBJECTIVES.find((one) => one.name === name);
  if (objective === undefined) throw new Error(`there is no objective ${name}`);
  return { ...objective, name: `${name}_noisy`, noise };
}

const HARTMANN_WEIGHTS = [1, 1.2, 3, 3.2];
const HARTMANN_SLOPES = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]];
const HARTMANN_CENTRES = [[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991], [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]];

/** Hartmann's function of six dimensions (Dixon & Szegö 1978). */
function hartmann6(config: Configuration): number {
  return -HARTMANN_WEIGHTS.reduce((sum, weight, row) => {
    const distance = (HARTMANN_SLOPES[row] ?? []).reduce((total, slope, column) => total + slope * (at(config, `x${column + 1}`) - (HARTMANN_CENTRES[row]?.[column] ?? 0) / 10_000) ** 2, 0);
    return sum + weight * Math.exp(-distance);
  }, 0);
}

/** Ackley's function (1987) of five dimensions, with a category that stretches it, a switch that roughens it and a number that should be 21. */
function ackleyMixed(config: Configuration): number {
  const stretch: Record<string, number> = { a: 1, b: 1.3, c: 1.6, d: 2 };
  const x = Array.from({ length: 5 }, (_, index) => at(config, `x${index + 1}`) * (stretch[String(config['kind'])] ?? 1));
  const [squares, waves] = [x.reduce((sum, one) => sum + one * one, 0) / 5, x.reduce((sum, one) => sum + Math.cos(2 * Math.PI * one), 0) / 5];
  const penalty = (config['rough'] === true ? 0.5 : 0) + Math.abs(at(config, 'count') - 21) / 10 + (config['kind'] === 'a' ? 0 : 0.3);
  return -20 * Math.exp(-0.2 * Math.sqrt(squares)) - Math.exp(waves) + 20 + Math.E + penalty;
}

/** A made-up loss of a network whose size is bounded, with the best on the bound. */
function constrained(config: Configuration): number {
  const [width, depth] = [at(config, 'width'), at(config, 'depth')];
  const bestRate = -2 - 0.3 * Math.log10(width / 64) - 0.03 * depth;
  return 2 / (1 + Math.log2(width)) + 1 / (1 + depth) + 0.2 * (Math.log10(at(config, 'lr')) - bestRate) ** 2 + 0.5 * (at(config, 'dropout') - 0.1) ** 2;
}

/** Levy's function (Laguna & Martí 2005): many local minima under one bowl. */
function levy(config: Configuration): number {
  const w = Array.from({ length: 16 }, (_, index) => 1 + (at(config, `x${index + 1}`) - 1) / 4);
  const last = w[15] ?? 1;
  const inner = w.slice(0, 15).reduce((sum, one) => sum + (one - 1) ** 2 * (1 + 10 * Math.sin(Math.PI * one + 1) ** 2), 0);
  return Math.sin(Math.PI * (w[0] ?? 1)) ** 2 + inner + (last - 1) ** 2 * (1 + Math.sin(2 * Math.PI * last) ** 2);
}
