import type { FieldIssue } from './errors.ts';

/**
 * What can be set of a strategy or a pruner: one description for the check, the form, the API and the documentation.
 * What is not given has its default.
 */
export type Option = { name: string; title: string; description: string } & (
  | { type: 'int' | 'number'; low: number; high: number; default: number }
  | { type: 'choice'; values: readonly string[]; default: string }
);

/**
 * What is wrong with given options.
 *
 * @param field where they stand in a request, e.g. `strategy`
 * @param whose what they are options of, in words, e.g. `grid search`
 */
export function checkOptions(options: readonly Option[], given: Record<string, unknown>, field: string, whose: string): FieldIssue[] {
  return Object.entries(given).flatMap(([name, value]) => {
    const option = options.find((one) => one.name === name);
    const message = option === undefined ? strangerText(options, whose) : misfitText(option, value);
    return message === null ? [] : [{ path: `${field}.${name}`, message }];
  });
}

/** The value of every option, where one is not given its default. The given ones were checked. */
export function optionValues(options: readonly Option[], given: Record<string, unknown>): Record<string, number | string> {
  return Object.fromEntries(options.map((option) => [option.name, (given[option.name] ?? option.default) as number | string]));
}

/** What an option takes, in words. */
export function rangeText(option: Option): string {
  if (option.type === 'choice') return `one of ${option.values.join(', ')}`;
  return `a ${option.type === 'int' ? 'whole ' : ''}number from ${option.low} to ${option.high}`;
}

function strangerText(options: readonly Option[], whose: string): string {
  return `is not an option of ${whose}${options.length === 0 ? '' : `; it has ${options.map((one) => `"${one.name}"`).join(', ')}`}`;
}

function misfitText(option: Option, value: unknown): string | null {
  const isFine = option.type === 'choice' ? option.values.some((one) => one === value) : typeof value === 'number' && value >= option.low && value <= option.high && (option.type === 'number' || Number.isInteger(value));
  return isFine ? null : `must be ${rangeText(option)}`;
}
