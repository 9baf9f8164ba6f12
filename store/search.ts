import { join, raw, sql, type Reader, type Sql } from './seam.ts';

/** A noun that was found, by what people call it. */
export type Named = { id: string; name: string; state: string };

/** The nouns whose ids are looked up; each has an index on its ids and on their short forms. */
export const SEARCHED_TABLES = ['briefs', 'families', 'workers'] as const;
export type SearchedTable = (typeof SEARCHED_TABLES)[number];

/** A text is looked for in this many of the newest briefs and workers, so that a search takes as long at any size. */
const MOST_LOOKED_AT = 5000;
const NAMES: Record<SearchedTable, Sql> = { briefs: raw('title as name, state'), families: raw('name, state'), workers: raw('name, status as state') };
/** What is being deleted is gone for everybody. */
const SHOWN: Record<SearchedTable, Sql> = { briefs: raw('and deleted_at is null'), families: raw('and deleted_at is null'), workers: raw('') };

/**
 * Nouns whose id, or its short form (all but the part that says when it was made), begins with a text. Two lookups that
 * end with the limit, each in the order of its index, since a few first letters may fit every id there is.
 */
export async function findByIdPrefix(reader: Reader, table: SearchedTable, prefix: string, limit: number): Promise<Named[]> {
  // Collations agree on small letters and digits, and the exact comparison keeps nothing else.
  const last = `${prefix}${'z'.repeat(16)}`;
  const [whole, short] = await Promise.all([
    reader.rows<Named>(sql`
      select id, ${NAMES[table]} from ${raw(table)}
      where id >= ${prefix} and id <= ${last} and substr(id, 1, ${prefix.length}) = ${prefix} ${SHOWN[table]}
      order by id desc limit ${limit}`),
    reader.rows<Named>(sql`
      select id, ${NAMES[table]} from ${raw(table)}
      where substr(id, 10) >= ${prefix} and substr(id, 10) <= ${last} and substr(id, 10, ${prefix.length}) = ${prefix} ${SHOWN[table]}
      order by substr(id, 10), id limit ${limit}`),
  ]);
  return [...new Map([...short, ...whole].map((one) => [one.id, one])).values()].slice(0, limit);
}

/** Tasks whose id begins with a text, in the order of their ids. */
export async function findTasksByIdPrefix(reader: Reader, prefix: string, limit: number): Promise<{ id: string; state: string }[]> {
  return reader.rows<{ id: string; state: string }>(sql`
    select id, state from tasks
    where id >= ${prefix} and id <= ${`${prefix}${'z'.repeat(16)}`} and substr(id, 1, ${prefix.length}) = ${prefix}
    order by id limit ${limit}`);
}

/** Among the newest briefs those whose title and goal hold all words, the newest first. */
export async function searchBriefs(reader: Reader, words: readonly string[], limit: number): Promise<Named[]> {
  return reader.rows<Named>(sql`
    select id, title as name, state from (select id, title, goal, state from briefs where deleted_at is null order by id desc limit ${MOST_LOOKED_AT}) as newest
    where ${holdsAll(sql`title || ' ' || goal`, words)} order by id desc limit ${limit}`);
}

/** Among the newest workers those whose name holds all words, the newest first. */
export async function searchWorkers(reader: Reader, words: readonly string[], limit: number): Promise<Named[]> {
  return reader.rows<Named>(sql`
    select id, name, status as state from (select id, name, status from workers where status <> 'removed' order by id desc limit ${MOST_LOOKED_AT}) as newest
    where ${holdsAll(sql`name`, words)} order by id desc limit ${limit}`);
}

/** People whose name holds all words, by name. */
export async function searchPeople(reader: Reader, words: readonly string[], limit: number): Promise<Pick<Named, 'id' | 'name'>[]> {
  const rows = await reader.rows<Pick<Named, 'id' | 'name'>>(sql`
    select id, name from (select id, name from accounts where kind = 'person' order by name, id limit ${MOST_LOOKED_AT}) as people
    where ${holdsAll(sql`name`, words)} order by name, id limit ${limit}`);
  return rows.map(({ id, name }) => ({ id, name }));
}

/** SQLite folds the case of ASCII alone: a word with other letters is also looked for as it is usually written. */
function holdsAll(text: Sql, words: readonly string[]): Sql {
  const holds = (one: Sql, word: string): Sql => sql`${one} like ${`%${word.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`} escape '\\'`;
  return join(
    words.map((word) => {
      const lower = word.toLowerCase();
      // oxlint-disable-next-line no-control-regex -- the range of ASCII
      const written = /^[\u0000-\u007f]*$/.test(word) ? [] : [...new Set([word, word.toUpperCase(), lower.replace(/^./u, (letter) => letter.toUpperCase())])];
      return sql`(${join([holds(sql`lower(${text})`, lower), ...written.map((one) => holds(text, one))], ' or ')})`;
    }),
    ' and ',
  );
}
