import type { FieldName, FilterContext, FilteredTask, FilterValue, Term } from './language.ts';

/** Whether a task's field is in a term's relation to one of its values; false where the task has no such thing. */
export function compares({ field, comparator }: Term, value: FilterValue, task: FilteredTask, context: FilterContext): boolean {
  if (field.of !== 'task') {
    const all = field.of === 'config' ? task.config : (task.metrics ?? {});
    const own = Object.hasOwn(all, field.name) ? all[field.name] : null;
    if (typeof own === 'number' && value.kind === 'number') return ordered(comparator, own, value.number);
    return comparator === '=' && own !== null && own !== undefined && typeof own !== 'number' && String(own) === value.text;
  }
  if (value.kind === 'word') return wordsOf(field.name, task, context).includes(value.text);
  const own = numberOf(field.name, task, context.now);
  if (own === null) return false;
  if (value.kind === 'number') return ordered(comparator, own, value.number);
  if (value.kind === 'moment') return withinSpan(comparator, own, value);
  // An age counts backwards: what is younger than an hour lies after the moment an hour ago.
  return ordered(comparator, context.now - own, value.ageMs);
}

function ordered(comparator: Term['comparator'], left: number, right: number): boolean {
  if (comparator === '=') return left === right;
  if (comparator === '<') return left < right;
  if (comparator === '<=') return left <= right;
  return comparator === '>' ? left > right : left >= right;
}

function withinSpan(comparator: Term['comparator'], at: number, { from, until }: { from: number; until: number }): boolean {
  if (comparator === '=') return at >= from && at < until;
  if (comparator === '<') return at < from;
  if (comparator === '<=') return at < until;
  return comparator === '>' ? at >= until : at >= from;
}

function wordsOf(name: FieldName, task: FilteredTask, { workers, families, briefs }: FilterContext): (string | undefined)[] {
  const family = families.get(task.familyId);
  if (name === 'state') return [task.state];
  if (name === 'error') return [task.error?.kind];
  if (name === 'worker') return task.workerId === null ? [] : [task.workerId, workers.get(task.workerId)?.name];
  if (name === 'family') return [task.familyId, family?.name];
  if (name === 'brief') return [task.briefId, briefs.get(task.briefId)?.title];
  return [family?.experiment];
}

/** Numbers as they are compared: durations in seconds, moments in epoch milliseconds. */
function numberOf(name: FieldName, task: FilteredTask, now: number): number | null {
  if (name === 'value') return task.value;
  if (name === 'number') return task.number;
  if (name === 'seed') return task.seed;
  if (name === 'attempt') return task.attempt;
  if (name === 'priority') return task.priority;
  if (name === 'created') return task.createdAt;
  if (name === 'started') return task.startedAt;
  if (name === 'finished') return task.finishedAt;
  // A task that waits for another attempt is not running, whatever the one before took.
  if (task.startedAt === null || task.state === 'pending') return null;
  return ((task.finishedAt ?? now) - task.startedAt) / 1000;
}
