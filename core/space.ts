import { parseConstraint, type Constraint } from './constraint.ts';
import type { FieldIssue } from './errors.ts';

/** A value of a hyperparameter. */
export type Scalar = string | number | boolean;

/** Hyperparameters of one training run, by name. Inactive conditional parameters are absent. */
export type Configuration = Record<string, Scalar>;

/** The parameter exists only while each named parameter has one of the listed values. */
type Condition = { when?: Record<string, Scalar[]> | undefined };

/** One dimension of a search space; bounds are inclusive. */
export type Parameter = Condition &
  (
    | { type: 'log'; low: number; high: number }
    | { type: 'uniform'; low: number; high: number }
    | { type: 'int'; low: number; high: number; step?: number | undefined; log?: boolean | undefined }
    | { type: 'choice'; values: Scalar[]; ordered?: boolean | undefined }
    | { type: 'fixed'; value: Scalar }
  );

/** What may be tried: parameters by name, and conditions every configuration meets. */
export type Space = { parameters: Record<string, Parameter>; constraints: string[] };

/** Names that the worker injects into every configuration. */
export const RESERVED_NAMES = ['seed', 'time_budget_seconds'];

/** Not `__proto__`, which JavaScript does not keep as a key. */
const PARAMETER_NAME = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const MOST_PARAMETERS = 64;
const MOST_CONSTRAINTS = 32;
const MOST_CHOICES = 1000;
const SIGNIFICANT_DIGITS = 6;

/** Everything wrong with a space; empty when it can be searched. Paths start at `space`. */
export function checkSpace(space: Space): FieldIssue[] {
  const names = Object.keys(space.parameters);
  const issues: FieldIssue[] = [];
  if (names.length > MOST_PARAMETERS) issues.push({ path: 'space', message: `has more than ${MOST_PARAMETERS} parameters` });
  for (const [name, parameter] of Object.entries(space.parameters)) {
    const path = `space.${name}`;
    if (!PARAMETER_NAME.test(name)) issues.push({ path, message: 'a name is letters, digits and underscores, at most 64' });
    if (RESERVED_NAMES.includes(name)) issues.push({ path, message: 'is set by XeeNet itself and cannot be searched' });
    const problem = parameterProblem(parameter);
    if (problem !== null) issues.push({ path, message: problem });
    for (const condition of Object.keys(parameter.when ?? {})) {
      if (!Object.hasOwn(space.parameters, condition)) issues.push({ path: `${path}.when`, message: `names "${condition}", which is not a parameter` });
    }
  }
  if (searchOrder(space) === null) issues.push({ path: 'space', message: 'has parameters whose "when" conditions depend on each other in a circle' });
  if (space.constraints.length > MOST_CONSTRAINTS) issues.push({ path: 'constraints', message: `there are more than ${MOST_CONSTRAINTS}` });
  space.constraints.forEach((text, index) => {
    const constraint = parseConstraint(text);
    const unknown = typeof constraint === 'string' ? undefined : constraint.names.find((name) => !Object.hasOwn(space.parameters, name));
    if (typeof constraint === 'string') issues.push({ path: `constraints.${index}`, message: constraint });
    else if (unknown !== undefined) issues.push({ path: `constraints.${index}`, message: `names "${unknown}", which is not a parameter` });
  });
  return issues;
}

/** Parameters that are conditions come before those that depend on them; null when they form a circle. */
export function searchOrder(space: Space): string[] | null {
  const names = Object.keys(space.parameters);
  const order: string[] = [];
  while (order.length < names.length) {
    const ready = names.filter((name) => !order.includes(name) && Object.keys(space.parameters[name]?.when ?? {}).every((on) => order.includes(on) || !names.includes(on)));
    if (ready.length === 0) return null;
    order.push(...ready);
  }
  return order;
}

/** Whether a parameter exists, given the values of those before it in search order. */
export function isActive(parameter: Parameter, config: Configuration): boolean {
  return Object.entries(parameter.when ?? {}).every(([name, values]) => Object.hasOwn(config, name) && values.includes(config[name] as Scalar));
}

/** The constraints of a checked space, ready to be asked. */
export function constraintsOf(space: Space): Constraint[] {
  return space.constraints.map(parseConstraint).filter((constraint) => typeof constraint !== 'string');
}

/** How many distinct values a parameter has; Infinity for a real interval. */
export function countValues(parameter: Parameter): number {
  if (parameter.type === 'fixed') return 1;
  if (parameter.type === 'choice') return parameter.values.length;
  if (parameter.type === 'int') return Math.floor((parameter.high - parameter.low) / (parameter.step ?? 1)) + 1;
  return parameter.low === parameter.high ? 1 : Infinity;
}

/**
 * The value at a share `u` in [0, 1) of a parameter's range: equal shares of values, or of ratios on a log scale.
 * Real values are rounded to six significant digits, which also hides differences between maths libraries.
 */
export function valueAt(parameter: Parameter, u: number): Scalar {
  if (parameter.type === 'fixed') return parameter.value;
  if (parameter.type === 'choice') return parameter.values[Math.min(parameter.values.length - 1, Math.floor(u * parameter.values.length))] as Scalar;
  const { low, high } = parameter;
  if (parameter.type === 'log') return clamp(roundTo(Math.exp(Math.log(low) + u * (Math.log(high) - Math.log(low)))), low, high);
  if (parameter.type === 'uniform') return clamp(roundTo(low + u * (high - low)), low, high);
  const step = parameter.step ?? 1;
  const steps = countValues(parameter);
  if (parameter.log !== true) return low + step * Math.min(steps - 1, Math.floor(u * steps));
  // Half a step is added at both ends, so that the outermost integers get their share of the log range.
  const [from, to] = [Math.log(Math.max(low - step / 2, low / 2)), Math.log(low + (steps - 0.5) * step)];
  return low + step * clamp(Math.round((Math.exp(from + u * (to - from)) - low) / step), 0, steps - 1);
}

/** All values of a finite parameter, or `levels` values evenly spread from its low to its high. */
export function levelsOf(parameter: Parameter, levels: number): Scalar[] {
  if (parameter.type === 'fixed') return [parameter.value];
  if (parameter.type === 'choice') return parameter.values;
  const count = Math.min(levels, countValues(parameter));
  const shares = Array.from({ length: count }, (_, index) => (count === 1 ? 0 : index / (count - 1)));
  const { low, high } = parameter;
  if (parameter.type === 'int') {
    const steps = countValues(parameter) - 1;
    const step = parameter.step ?? 1;
    const top = low + steps * step;
    const at = (share: number) => (parameter.log === true ? Math.exp(Math.log(low) + share * (Math.log(top) - Math.log(low))) : low + share * (top - low));
    return [...new Set(shares.map((share) => low + step * Math.round((at(share) - low) / step)))];
  }
  const at = (share: number) => (parameter.type === 'log' ? Math.exp(Math.log(low) + share * (Math.log(high) - Math.log(low))) : low + share * (high - low));
  return [...new Set(shares.map((share) => clamp(roundTo(at(share)), low, high)))];
}

/** One text for equal configurations, whatever the order of their keys. */
export function configurationKey(config: Configuration): string {
  return JSON.stringify(Object.entries(config).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/**
 * An experiment's space with a brief's choices laid over it. A brief may narrow a parameter or fix it, and add
 * constraints; whatever it leaves out stays as it was. Issues name what would widen the space.
 */
export function narrowSpace(base: Space, narrowing: Space): { space: Space; issues: FieldIssue[] } {
  const issues: FieldIssue[] = [];
  const parameters = { ...base.parameters };
  for (const [name, wanted] of Object.entries(narrowing.parameters)) {
    const from = Object.hasOwn(base.parameters, name) ? base.parameters[name] : undefined;
    const path = `space.${name}`;
    if (from === undefined) {
      issues.push({ path, message: `is not a parameter of the experiment; it has ${Object.keys(base.parameters).join(', ')}` });
      continue;
    }
    const problem = parameterProblem(wanted) ?? wideningProblem(from, wanted);
    if (problem !== null) issues.push({ path, message: problem });
    parameters[name] = inherit(from, wanted);
  }
  const space = { parameters, constraints: [...new Set([...base.constraints, ...narrowing.constraints])] };
  return { space, issues: issues.length > 0 ? issues : checkSpace(space) };
}

/** What a narrowing leaves unsaid stays as it was, so that saying less never allows more. */
function inherit(from: Parameter, wanted: Parameter): Parameter {
  const when = from.when;
  if (from.type !== 'int' || wanted.type !== 'int') return { ...wanted, when };
  return { ...wanted, when, step: wanted.step ?? from.step, log: wanted.log ?? from.log };
}

function parameterProblem(parameter: Parameter): string | null {
  if (parameter.type === 'fixed') return typeof parameter.value === 'number' && !Number.isFinite(parameter.value) ? 'the value must be a finite number' : null;
  if (parameter.type === 'choice') {
    if (parameter.values.length === 0) return 'has no values to choose from';
    if (parameter.values.length > MOST_CHOICES) return `has more than ${MOST_CHOICES} values`;
    return new Set(parameter.values).size === parameter.values.length ? null : 'lists a value twice';
  }
  const { low, high } = parameter;
  if (!Number.isFinite(low) || !Number.isFinite(high)) return 'low and high must be finite numbers';
  if (!Number.isFinite(high - low)) return 'low and high are too far apart';
  if (low > high) return `low (${low}) is above high (${high})`;
  if ((parameter.type === 'log' || (parameter.type === 'int' && parameter.log === true)) && low <= 0) return 'a log scale needs low above 0';
  if (parameter.type !== 'int') return null;
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high)) return 'low and high must be whole numbers';
  if (!Number.isSafeInteger(high - low)) return 'low and high are too far apart';
  if (parameter.step !== undefined && (!Number.isSafeInteger(parameter.step) || parameter.step < 1)) return 'step must be a whole number of at least 1';
  return null;
}

function wideningProblem(base: Parameter, wanted: Parameter): string | null {
  if (wanted.when !== undefined && JSON.stringify(wanted.when) !== JSON.stringify(base.when)) return 'its "when" is the experiment\'s own and cannot be changed';
  if (wanted.type === 'choice' || wanted.type === 'fixed') {
    const outside = (wanted.type === 'choice' ? wanted.values : [wanted.value]).find((value) => !contains(base, value));
    return outside === undefined ? null : `${JSON.stringify(outside)} is outside the experiment's ${describeParameter(base)}`;
  }
  if (base.type === 'choice' || base.type === 'fixed') return `must be chosen from the experiment's ${describeParameter(base)}`;
  if (base.type === 'int' && wanted.type !== 'int') return `must stay whole numbers, as in the experiment's ${describeParameter(base)}`;
  if (!contains(base, wanted.low)) return `low (${wanted.low}) is outside the experiment's ${describeParameter(base)}`;
  if (wanted.high > base.high) return `high (${wanted.high}) is outside the experiment's ${describeParameter(base)}`;
  if (base.type === 'int' && wanted.type === 'int' && (wanted.step ?? base.step ?? 1) % (base.step ?? 1) !== 0) return `step must be a multiple of the experiment's ${base.step}`;
  return null;
}

/** Whether a value lies in a parameter's range. */
export function contains(parameter: Parameter, value: Scalar): boolean {
  if (parameter.type === 'fixed') return parameter.value === value;
  if (parameter.type === 'choice') return parameter.values.includes(value);
  if (typeof value !== 'number' || !(value >= parameter.low && value <= parameter.high)) return false;
  return parameter.type !== 'int' || (Number.isInteger(value) && (value - parameter.low) % (parameter.step ?? 1) === 0);
}

/** A parameter's range for a person, e.g. `log 0.0005 … 0.02` or `{1, 2, 4}`. */
export function describeParameter(parameter: Parameter): string {
  if (parameter.type === 'fixed') return `= ${String(parameter.value)}`;
  if (parameter.type === 'choice') return `{${parameter.values.map(String).join(', ')}}`;
  const step = parameter.type === 'int' && (parameter.step ?? 1) > 1 ? ` step ${parameter.step}` : '';
  const scale = parameter.type === 'int' ? (parameter.log === true ? 'int log' : 'int') : parameter.type;
  return `${scale} ${parameter.low} … ${parameter.high}${step}`;
}

function roundTo(value: number): number {
  return Number(value.toPrecision(SIGNIFICANT_DIGITS));
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
