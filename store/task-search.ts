import { NO_COUNTS, type Counts } from '#core/brief.ts';
import type { FieldName, Filter, Term } from '#core/filter/language.ts';
import type { Task, TaskState } from '#core/task.ts';
import { listHiddenFamilies } from './family.ts';
import { conditionOf } from './filter/condition.ts';
import { toTask, type TaskRow } from './row/task.ts';
import { first, join, one, raw, sql, type Reader, type Sql } from './seam.ts';

/** Orders of a search. Those by value and by duration need one family; all but `newest` and `oldest` leave out tasks without what they sort by. */
export type SearchOrder = 'newest' | 'oldest' | 'value' | '-value' | 'finished' | 'duration' | '-duration';

/** The sort keys of a task: where a page begins, and how far a search looked. */
export type SearchKey = Pick<Task, 'familyId' | 'number' | 'value' | 'startedAt' | 'finishedAt' | 'id'>;

/**
 * Which tasks are searched: what an index answers exactly, and in `rest` what each row must be asked. {@link narrowSearch}
 * makes one from a filter.
 */
export type SearchScope = { familyId: string | null; workerId: string | null; state: TaskState | null; rest: readonly Term[] };

/** A page of a search; ages in its terms count back from `now`. It looks at `lookAt` tasks at most, by default {@link MOST_LOOKED_AT}. */
export type TaskSearch = { scope: SearchScope; order: SearchOrder; after: SearchKey | null; limit: number; now: number; lookAt?: number };

/** What a page found, and where to go on; null when there is no more. Only `limit` tasks mean a full page. */
export type TaskFinds = { tasks: Task[]; goOn: SearchKey | null };

/** A page looks at this many tasks at most, so that a filter that hardly anything passes costs no more than any other. */
export const MOST_LOOKED_AT = 5000;

/** Briefs that are being deleted at one moment and left out of a search. */
const MOST_HIDDEN = 200;

const KEYS: Record<SearchOrder, { columns: string; descending: boolean; needs: string; values: (key: SearchKey) => (string | number)[]; of: string | null }> = {
  newest: { columns: 'family_id, number', descending: true, needs: '', values: (key) => [key.familyId, key.number], of: 'number' },
  oldest: { columns: 'family_id, number', descending: false, needs: '', values: (key) => [key.familyId, key.number], of: 'number' },
  value: { columns: 'value, number', descending: false, needs: 'and value is not null', values: (key) => [key.value ?? 0, key.number], of: 'value' },
  '-value': { columns: 'value, number', descending: true, needs: 'and value is not null', values: (key) => [key.value ?? 0, key.number], of: 'value' },
  finished: { columns: 'finished_at, id', descending: true, needs: 'and finished_at is not null', values: (key) => [key.finishedAt ?? 0, key.id], of: 'finished' },
  duration: { columns: '(finished_at - started_at), number', descending: false, needs: 'and finished_at is not null and started_at is not null', values: durationKey, of: null },
  '-duration': { columns: '(finished_at - started_at), number', descending: true, needs: 'and finished_at is not null and started_at is not null', values: durationKey, of: null },
};

function durationKey(key: SearchKey): (string | number)[] {
  return [(key.finishedAt ?? 0) - (key.startedAt ?? 0), key.number];
}

/**
 * Takes out of a filter what an index can answer: one state, one worker, one family. Names are looked up; a name that
 * nobody has counts as an id, which finds nothing at once.
 */
export async function narrowSearch(reader: Reader, filter: Filter, given: Partial<Omit<SearchScope, 'rest'>> = {}): Promise<SearchScope> {
  const scope = { familyId: given.familyId ?? null, workerId: given.workerId ?? null, state: given.state ?? null };
  let states: Term[] = [];
  const rest: Term[] = [];
  for (const term of filter.terms) {
    const name = soleName(term);
    const text = term.values[0]?.text ?? '';
    const column = name === 'worker' ? 'workerId' : name === 'family' || name === 'brief' ? 'familyId' : null;
    const id = column === null || scope[column] !== null ? null : await findId(reader, name as 'worker' | 'family' | 'brief', text);
    if (column !== null && id !== null) scope[column] = id;
    else if (name === 'state') states.push(term);
    else rest.push(term);
  }
  // A worker's rows are not kept by state: one of the two is left to be asked.
  if (scope.workerId === null && scope.state === null && states[0] !== undefined) {
    scope.state = states[0].values[0]?.text as TaskState;
    states = states.slice(1);
  }
  return { ...scope, rest: [...states, ...rest] };
}

/** The field of a term that says it is one thing. */
function soleName({ field, values, negated }: Term): FieldName | null {
  return field.of === 'task' && !negated && values.length === 1 ? field.name : null;
}

/** Tasks in an order, as far as a page looks. */
export async function searchTasks(reader: Reader, search: TaskSearch): Promise<TaskFinds> {
  const { order, limit } = search;
  const { inside, outside } = await conditionsOf(reader, search);
  const until = outside.length === 0 ? null : await findEnd(reader, search, inside);
  const rows = await reader.rows<TaskRow>(sql`
    select * from tasks where ${join([...inside, ...(until === null ? [] : [upTo(order, until)]), ...outside], ' and ')}
    order by ${orderBy(order)} limit ${limit + 1}`);
  const tasks = rows.map(toTask);
  const shown = tasks.slice(0, limit);
  return { tasks: shown, goOn: tasks.length > limit ? (shown.at(-1) ?? null) : until };
}

/** How many tasks of each state a search finds among the first {@link MOST_LOOKED_AT}; `all` when there are no more to look at. */
export async function countFinds(reader: Reader, search: Omit<TaskSearch, 'after' | 'limit'>): Promise<{ counts: Counts; all: boolean }> {
  const whole = { ...search, after: null, limit: 0 };
  const { inside, outside } = await conditionsOf(reader, whole);
  const until = await findEnd(reader, whole, inside);
  // Grouped by state they would be looked up in the index of states, which is as long as the table.
  const counts = await one<Counts>(reader, sql`
    select ${join(Object.keys(NO_COUNTS).map((state) => sql`count(case when state = ${state} then 1 end) as ${raw(state)}`))}
    from tasks where ${join([...inside, ...(until === null ? [] : [upTo(search.order, until)]), ...outside], ' and ')} limit 1`);
  return { counts: { ...counts }, all: until === null };
}

/** What an index answers together with the order, and what each row is asked. */
async function conditionsOf(reader: Reader, { scope, order, after, now }: TaskSearch): Promise<{ inside: Sql[]; outside: Sql[] }> {
  const { descending, needs, of } = KEYS[order];
  const byNumber = of === 'number';
  const equals = (column: string, value: string | null) => (value === null ? [] : [sql`${raw(column)} = ${value}`]);
  const sorted = (term: Term) => term.field.of === 'task' && term.field.name === of && !term.negated && (!byNumber || scope.familyId !== null);
  const inside = [
    sql`1 = 1 ${raw(needs)}`,
    ...equals('family_id', scope.familyId),
    ...(byNumber ? [...equals('state', scope.state), ...equals('worker_id', scope.workerId)] : []),
    ...scope.rest.filter(sorted).map((term) => conditionOf(reader, term, now)),
    ...(after === null ? [] : [beside(order, descending ? '<' : '>', after)]),
  ];
  // Tasks whose brief is being deleted are gone for everybody. Named one by one, which is nearly always none: a page
  // then need not ask its rows anything, and it looks at a bounded number of them while it must.
  const hidden = await listHiddenFamilies(reader, MOST_HIDDEN);
  const asked = [
    ...(hidden.length === 0 ? [] : [sql`family_id not in (${join(hidden)})`]),
    ...scope.rest.filter((term) => !sorted(term)).map((term) => conditionOf(reader, term, now)),
  ];
  return { inside, outside: byNumber ? asked : [...equals('state', scope.state), ...equals('worker_id', scope.workerId), ...asked] };
}

/** The last task that a page looks at; null when fewer are left. */
async function findEnd(reader: Reader, { order, lookAt = MOST_LOOKED_AT }: TaskSearch, inside: Sql[]): Promise<SearchKey | null> {
  type Row = { family_id: string; number: number; value: number | null; started_at: number | null; finished_at: number | null; id: string };
  const row = await first<Row>(reader, sql`
    select family_id, number, value, started_at, finished_at, id from tasks where ${join(inside, ' and ')}
    order by ${orderBy(order)} limit 1 offset ${lookAt - 1}`);
  return row === null ? null : { familyId: row.family_id, number: row.number, value: row.value, startedAt: row.started_at, finishedAt: row.finished_at, id: row.id };
}

function upTo(order: SearchOrder, end: SearchKey): Sql {
  return beside(order, KEYS[order].descending ? '>=' : '<=', end);
}

/** Compares with a key. SQLite finds the place of a pair in an index of an expression only by its first half alone. */
function beside(order: SearchOrder, than: '<' | '>' | '<=' | '>=', key: SearchKey): Sql {
  const { columns, values } = KEYS[order];
  const place = sql`(${raw(columns)}) ${raw(than)} (${join(values(key))})`;
  return order.endsWith('duration') ? sql`(finished_at - started_at) ${raw(`${than[0]}=`)} ${values(key)[0]} and ${place}` : place;
}

function orderBy(order: SearchOrder): Sql {
  const { columns, descending } = KEYS[order];
  return raw(descending ? `${columns.replace(/,(?=[^,]*$)/, ' desc,')} desc` : columns);
}

/**
 * The id that a name or an id means; null when it means several. Briefs are found by their family, so that a name that
 * no brief has must not be taken for an id of a family: nothing has the empty one.
 */
async function findId(reader: Reader, noun: 'worker' | 'family' | 'brief', text: string): Promise<string | null> {
  const queries = {
    worker: sql`select id from workers where id = ${text} or name = ${text} order by id limit 2`,
    family: sql`select id from families where id = ${text} or name = ${text} order by id limit 2`,
    brief: sql`select family_id as id from briefs where id = ${text} or title = ${text} order by briefs.id limit 2`,
  };
  const [found, another] = await reader.rows<{ id: string }>(queries[noun]);
  if (another !== undefined) return null;
  return found?.id ?? (noun === 'brief' ? '' : text);
}
