import { raw, type Column, type Reader } from '#store/seam.ts';

const HEADER = '-- What store/migrations make of an empty database. Written by "npm run schema"; do not edit.\n';

/** The schema of a SQLite database as text: tables by name, each followed by its indexes. */
export async function dumpSqliteSchema(reader: Reader): Promise<string> {
  const rows = await reader.rows<{ statement: string }>(raw(`
    select sql as statement from sqlite_master where sql is not null and name not like 'sqlite_%'
    order by tbl_name, type desc, name`));
  return [HEADER, ...rows.map((row) => `${row.statement};\n`)].join('\n');
}

/** The schema of a PostgreSQL database as text, in the same order, as its catalogue tells it. */
export async function dumpPostgresSchema(reader: Reader): Promise<string> {
  const columns = await reader.rows<{ table_name: string; line: string }>(raw(`
    select pg_class.relname as table_name,
      attname || ' ' || format_type(atttypid, atttypmod) || case when attnotnull then ' not null' else '' end
        || coalesce(' default ' || pg_get_expr(adbin, adrelid), '') as line
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relnamespace = current_schema()::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
    order by relname, attnum`));
  // PostgreSQL 18 lists not-null marks as constraints too; they stand with their columns already.
  const constraints = await reader.rows<{ table_name: string; line: string }>(raw(`
    select relname as table_name, 'constraint ' || conname || ' ' || pg_get_constraintdef(pg_constraint.oid) as line
    from pg_constraint join pg_class on pg_class.oid = conrelid
    where relnamespace = current_schema()::regnamespace and contype <> 'n'
    order by relname, position(contype::text in 'pufc'), conname`));
  const indexes = await reader.rows<{ table_name: string; line: string }>(raw(`
    select tablename as table_name, replace(indexdef, ' ON ' || schemaname || '.', ' ON ') as line from pg_indexes
    where schemaname = current_schema()
      and not exists (select from pg_constraint where conname = indexname and connamespace = schemaname::regnamespace)
    order by tablename, indexname`));
  const tables = [...new Set(columns.map((column) => column.table_name))];
  const statements = tables.map((table) => {
    const lines = [...linesOf(columns, table), ...linesOf(constraints, table)];
    return `create table ${table} (\n  ${lines.join(',\n  ')}\n);\n${linesOf(indexes, table).map((line) => `\n${line};\n`).join('')}`;
  });
  return [HEADER, ...statements].join('\n');
}

function linesOf(rows: readonly Record<'table_name' | 'line', Column>[], table: string): Column[] {
  return rows.filter((row) => row.table_name === table).map((row) => row.line);
}
