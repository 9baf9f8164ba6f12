import type { FieldIssue } from '#core/errors.ts';
import { checkOptions } from '#core/option.ts';
import { asha } from './asha.ts';
import { hyperband } from './hyperband.ts';
import { median } from './median.ts';
import { percentile } from './percentile.ts';
import type { Pruner } from './pruner.ts';

/** Every pruner a brief can name, the one to take first. */
export const PRUNERS: readonly Pruner[] = [asha, hyperband, median, percentile];

/** The pruner with this name, or null. */
export function findPruner(name: string): Pruner | null {
  return PRUNERS.find((pruner) => pruner.name === name) ?? null;
}

/** What is wrong with a choice; the issues name the fields of the wire. */
export function checkPruner(choice: { name: string; options: Record<string, unknown> }): FieldIssue[] {
  const pruner = findPruner(choice.name);
  if (pruner === null) return [{ path: 'pruner.name', message: `is not a pruner of this server; it has ${PRUNERS.map((one) => one.name).join(', ')}` }];
  return checkOptions(pruner.options, choice.options, 'pruner', pruner.title);
}
