import { one, sql, type Reader } from './seam.ts';

/** How large the database is on disk, in bytes, as it says itself. */
export async function databaseBytes(reader: Reader): Promise<number> {
  const { bytes } = await one<{ bytes: number }>(reader, reader.dialect === 'sqlite'
    ? sql`select page_count * page_size as bytes from pragma_page_count(), pragma_page_size() limit 1`
    : sql`select pg_database_size(current_database()) as bytes limit 1`);
  return Number(bytes);
}
