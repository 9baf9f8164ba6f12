import type { Parameter } from '#core/space.ts';
import type { Task } from '#core/task.ts';

/**
 * The filter language of tasks, the same in pages, addresses and the API: terms that all must hold, as in
 * `state:failed,cancelled worker:lab-3 lr<0.001 -n_layers=4`. See docs/filters.md.
 */
export type Filter = { terms: readonly Term[] };

/** One condition: the field is, or with `negated` is not, in this relation to one of the values. */
export type Term = { field: Field; comparator: Comparator; values: readonly FilterValue[]; negated: boolean };

/** What is compared: a field of every task, a parameter of its configuration, or something that its script reported. */
export type Field = { of: 'task'; name: FieldName } | { of: 'config'; name: string } | { of: 'metrics'; name: string };

/** How a field is compared; `:` is written for `=` as well. */
export type Comparator = '=' | '<' | '<=' | '>' | '>=';

/** A value as it was written. A date stands for all of its day; an age counts back from now. Durations are in seconds. */
export type FilterValue =
  | { kind: 'word'; text: string }
  | { kind: 'number'; text: string; number: number }
  | { kind: 'moment'; text: string; from: number; until: number }
  | { kind: 'age'; text: string; ageMs: number };

/** What a field holds; a `scalar` is a word, a number or true/false. */
export type FieldKind = 'state' | 'word' | 'number' | 'duration' | 'moment' | 'scalar';

/** The fields that every task has. */
export const FILTER_FIELDS = {
  state: { kind: 'state', about: 'pending, running, completed, failed, cancelled' },
  worker: { kind: 'word', about: 'the name or id of the machine' },
  value: { kind: 'number', about: 'the metric of the campaign' },
  experiment: { kind: 'word', about: 'its name' },
  family: { kind: 'word', about: 'its name or id' },
  brief: { kind: 'word', about: 'its title or id' },
  error: { kind: 'word', about: 'why it failed, such as timeout' },
  number: { kind: 'number', about: 'its place in the family' },
  seed: { kind: 'number', about: 'of its random numbers' },
  attempt: { kind: 'number', about: 'how often it was tried' },
  priority: { kind: 'number', about: 'higher runs earlier' },
  duration: { kind: 'duration', about: 'seconds, or 5min, 2h' },
  created: { kind: 'moment', about: 'a date, or an age such as 1h' },
  started: { kind: 'moment', about: 'a date, or an age such as 1h' },
  finished: { kind: 'moment', about: 'a date, or an age such as 1h' },
} as const satisfies Record<string, { kind: FieldKind; about: string }>;

export type FieldName = keyof typeof FILTER_FIELDS;

/**
 * What a filter may speak of. Where `parameters` is null any name can be one, as on a list of tasks of many campaigns.
 * `metric` is another name for `value`; `known` are values to propose.
 */
export type Vocabulary = {
  parameters: Readonly<Record<string, Parameter>> | null;
  metric?: string | null;
  metrics?: readonly string[];
  known?: Partial<Record<FieldName, readonly string[]>>;
};

/** What is wrong with a filter: `at` counts its characters from 1; `from` and `until` cut the wrong part out of its text. */
export type FilterIssue = { at: number; from: number; until: number; message: string };

/** What a text means, or the first thing that is wrong with it. */
export type ParsedFilter = { ok: true; filter: Filter } | { ok: false; issue: FilterIssue };

/** What of a task a filter looks at. */
export type FilteredTask = Omit<Task, 'timeBudgetSeconds' | 'audits'>;

/** What a filter must know besides the task: the names of what it belongs to, by id. Where one is missing only its id fits. */
export type FilterContext = {
  /** Epoch milliseconds, from which ages count back. */
  now: number;
  workers: ReadonlyMap<string, { name: string }>;
  families: ReadonlyMap<string, { name: string; experiment: string }>;
  briefs: ReadonlyMap<string, { title: string }>;
};

/** In UTF-16 code units. */
export const LONGEST_FILTER = 2000;

/** What a field holds. */
export function kindOf(field: Field): FieldKind {
  return field.of === 'task' ? FILTER_FIELDS[field.name].kind : 'scalar';
}
