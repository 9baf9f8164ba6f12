import { z } from 'zod';
import type { Parameter, Scalar, Space } from '#core/space.ts';

const LONGEST_CHOICE = 200;

export const scalar = z.union([z.number(), z.string().max(LONGEST_CHOICE), z.boolean()], 'must be a number, a text or true/false');

/** A configuration as tasks carry it. */
export const configuration = z.record(z.string(), scalar);

const when = z.record(z.string(), z.array(scalar).min(1)).optional();

const ranged = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('log'), low: z.number(), high: z.number(), when }),
    z.strictObject({ type: z.literal('uniform'), low: z.number(), high: z.number(), when }),
    z.strictObject({ type: z.literal('int'), low: z.number(), high: z.number(), step: z.number().optional(), log: z.boolean().optional(), when }),
    z.strictObject({ type: z.literal('choice'), values: z.array(scalar), ordered: z.boolean().optional(), when }),
  ],
  'needs a "type" of log, uniform, int or choice, or a fixed "value"',
);

const fixed = z.strictObject({ value: scalar, when });

/** One parameter: a range, a choice, or `{ value }`. */
export const parameter = z.union([fixed, ranged]);

type WireParameter = z.infer<typeof parameter>;

/** Parameters by name, as experiment.yaml and briefs write them. */
export const parameters = z.record(z.string(), parameter);

/** Conditions over parameters, e.g. `d_model % n_heads == 0`. */
export const constraints = z.array(z.string());

/** From the wire's form to the core's. */
export function toSpace(wire: Record<string, WireParameter>, conditions: string[]): Space {
  const entries = Object.entries(wire).map(([name, one]): [string, Parameter] => [name, 'value' in one ? { type: 'fixed', ...one } : one]);
  return { parameters: Object.fromEntries(entries), constraints: conditions };
}

/** From the core's form to the wire's. */
export function fromSpace(space: Space): Record<string, WireParameter> {
  const entries = Object.entries(space.parameters).map(([name, one]): [string, WireParameter] => {
    if (one.type !== 'fixed') return [name, withoutUndefined(one)];
    return [name, withoutUndefined({ value: one.value, when: one.when })];
  });
  return Object.fromEntries(entries);
}

function withoutUndefined<T extends { when?: Record<string, Scalar[]> | undefined }>(value: T): T {
  if (value.when !== undefined) return value;
  const { when: _absent, ...rest } = value;
  return rest as T;
}
