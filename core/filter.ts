import { compares } from './filter/compare.ts';
import { kindOf, type Field, type Filter, type FilterContext, type FilteredTask, type ParsedFilter, type Term, type Vocabulary } from './filter/language.ts';
import { parseTerms } from './filter/parse.ts';
import { writeValue } from './filter/value.ts';

/** The filter that every task passes. */
export const NO_FILTER: Filter = { terms: [] };

const ANY_NAMES: Vocabulary = { parameters: null };

/** Reads a filter; whatever the text, it is a filter or has an issue at an exact place. An empty text lets every task pass. */
export function parseFilter(text: string, vocabulary: Vocabulary = ANY_NAMES): ParsedFilter {
  const read = parseTerms(text, vocabulary);
  if ('terms' in read) return { ok: true, filter: { terms: read.terms } };
  return { ok: false, issue: { at: Array.from(text.slice(0, read.from)).length + 1, from: read.from, until: read.until, message: read.message } };
}

/** Writes a filter so that reading it again gives the same one. */
export function printFilter(filter: Filter): string {
  return filter.terms.map(printTerm).join(' ');
}

/** Whether a task passes a filter. A comparison with something that a task does not have fails; its negation holds. */
export function matches(filter: Filter, task: FilteredTask, context: FilterContext): boolean {
  return filter.terms.every((term) => term.values.some((value) => compares(term, value, task, context)) !== term.negated);
}

function printTerm({ field, comparator, values, negated }: Term): string {
  const kind = kindOf(field);
  const worded = comparator === '=' && (kind === 'state' || kind === 'word');
  return `${negated ? '-' : ''}${printField(field)}${worded ? ':' : comparator}${values.map((value) => writeValue(value.text)).join(',')}`;
}

function printField(field: Field): string {
  return field.of === 'task' || (field.of === 'config' && isPlainParameter(field.name)) ? field.name : `${field.of}.${field.name}`;
}

/** Whether a parameter's bare name is read as that parameter, whatever the campaign. */
function isPlainParameter(name: string): boolean {
  const read = parseTerms(`${name}=1`, ANY_NAMES);
  return 'terms' in read && read.terms[0]?.field.of === 'config';
}
