import type { Comparator, FieldName, FilterValue, Term } from '#core/filter/language.ts';
import { join, raw, sql, type Reader, type Sql } from '#store/seam.ts';

const NEVER = sql`1 = 0`;

/** Where PostgreSQL's JSON functions give up on a text that SQLite's take: escapes of NUL and of half a character. */
const UNREADABLE = String.raw`(^|[^\\])(\\\\)*\\u(0000|d[89a-f])`;
/** Hardly any text has one, and to look for it costs a fraction of what the pattern does. */
const ESCAPE = String.raw`\u`;

/** A term of the filter language as a condition on rows of `tasks`. It is true for exactly the tasks that core's `matches` lets pass. */
export function conditionOf({ dialect }: Pick<Reader, 'dialect'>, { field, comparator, values, negated }: Term, now: number): Sql {
  const each = values.map((value) => {
    if (field.of === 'task') return value.kind === 'word' ? wordCondition(dialect, field.name, value.text) : numberCondition(field.name, comparator, value, now);
    const column = field.of === 'config' ? sql`config` : sql`metrics`;
    return dialect === 'sqlite' ? sqliteScalar(column, field.name, comparator, value) : postgresScalar(column, field.name, comparator, value);
  });
  const any = sql`(${join(each, ' or ')})`;
  return negated ? sql`not coalesce(${any}, ${NEVER})` : any;
}

function wordCondition(dialect: Reader['dialect'], name: FieldName, text: string): Sql {
  if (name === 'state') return sql`state = ${text}`;
  if (name === 'error') return dialect === 'sqlite' ? sqliteScalar(sql`error`, 'kind', '=', { kind: 'word', text }) : postgresScalar(sql`error`, 'kind', '=', { kind: 'word', text });
  if (name === 'worker') return sql`(worker_id = ${text} or worker_id in (select id from workers where name = ${text}))`;
  if (name === 'family') return sql`(family_id = ${text} or family_id in (select id from families where name = ${text}))`;
  if (name === 'brief') return sql`(brief_id = ${text} or brief_id in (select id from briefs where title = ${text}))`;
  return sql`family_id in (select id from families where experiment = ${text})`;
}

function numberCondition(name: FieldName, comparator: Comparator, value: Exclude<FilterValue, { kind: 'word' }>, now: number): Sql {
  if (value.kind === 'number') {
    if (name === 'value') return sql`value ${raw(comparator)} ${value.number}`;
    if (name === 'duration') return sql`(state <> 'pending' and cast(coalesce(finished_at, ${now}) - started_at as double precision) / 1000 ${raw(comparator)} ${value.number})`;
    return wholeCondition(sql`${raw(name)}`, comparator, value.number);
  }
  const column = sql`${raw(`${name}_at`)}`;
  if (value.kind === 'age') return wholeCondition(column, ({ '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const)[comparator], now - value.ageMs);
  if (comparator === '=') return sql`(${column} >= ${value.from} and ${column} < ${value.until})`;
  return comparator === '<' || comparator === '>=' ? sql`${column} ${raw(comparator)} ${value.from}` : sql`${column} ${raw(comparator === '<=' ? '<' : '>=')} ${value.until}`;
}

/** Compares a column of whole numbers with any number: PostgreSQL takes only whole ones beside it, and only then its index. */
function wholeCondition(column: Sql, comparator: Comparator, bound: number): Sql {
  if (Math.abs(bound) > Number.MAX_SAFE_INTEGER) return comparator !== '=' && bound > 0 === comparator.startsWith('<') ? sql`${column} is not null` : NEVER;
  if (comparator === '=') return Number.isInteger(bound) ? sql`${column} = ${bound}` : NEVER;
  const whole = comparator === '<' || comparator === '>=' ? Math.ceil(bound) : Math.floor(bound);
  return sql`${column} ${raw(comparator)} ${whole}`;
}

function sqliteScalar(column: Sql, name: string, comparator: Comparator, value: FilterValue): Sql {
  const path = `$."${name}"`;
  const ways: Sql[] = [];
  if (value.kind === 'number') ways.push(sql`(json_type(${column}, ${path}) in ('integer', 'real') and json_extract(${column}, ${path}) ${raw(comparator)} ${value.number})`);
  if (comparator === '=') {
    ways.push(sql`(json_type(${column}, ${path}) = 'text' and json_extract(${column}, ${path}) = ${value.text})`);
    if (isTruth(value.text)) ways.push(sql`json_type(${column}, ${path}) = ${value.text}`);
  }
  return sql`(${join(ways, ' or ')})`;
}

function postgresScalar(column: Sql, name: string, comparator: Comparator, value: FilterValue): Sql {
  const own = sql`(case when strpos(${column}, ${ESCAPE}) > 0 and ${column} ~ ${UNREADABLE} then null else ${column}::json end -> ${name}::text)`;
  const ways: Sql[] = [];
  if (value.kind === 'number') ways.push(sql`case when json_typeof(${own}) = 'number' then ${own}::text::double precision ${raw(comparator)} ${value.number} else false end`);
  // Texts are compared as JSON writes them: one form on both sides.
  if (comparator === '=') ways.push(sql`${own}::text = ${JSON.stringify(value.text)}`);
  if (comparator === '=' && isTruth(value.text)) ways.push(sql`${own}::text = ${value.text}`);
  return sql`(${join(ways, ' or ')})`;
}

function isTruth(text: string): boolean {
  return text === 'true' || text === 'false';
}
