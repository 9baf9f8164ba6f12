import type { z } from 'zod';
import { accept, refuse, type Outcome } from '#core/errors.ts';
import { decodeCursor, encodeCursor } from '#web/cursor.ts';

/** Where a list goes on: the key in its cursor, null at its beginning; refuses a cursor of something else. */
export function readCursor<T>(schema: z.ZodType<T>, cursor: string | undefined): Outcome<T | null> {
  if (cursor === undefined) return accept(null);
  const key = decodeCursor(schema, cursor);
  return key === null ? refuse('invalid', 'cursor: is not a next_cursor of this list.', [{ path: 'cursor', message: 'is not a next_cursor of this list' }]) : accept(key);
}

/**
 * A page of the wire from one row more than it shows: the extra one tells that there is a next page.
 *
 * @param rows read with a limit of `limit + 1`
 * @param keyOf the sort key of a row, from which the next page goes on
 */
export function toPage<Row, View>(rows: Row[], limit: number, keyOf: (row: Row) => (string | number | null)[], view: (row: Row) => View): { items: View[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(view), next_cursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null };
}
