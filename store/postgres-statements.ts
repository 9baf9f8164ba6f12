import type pg from 'pg';
import type { Sql } from './seam.ts';

/** A text is prepared from its third use on: one with a list of values in it may never come again. */
const USES_BEFORE = 2;
/** Each connection keeps a plan for every prepared text. */
const MOST_PREPARED = 256;
const MOST_COUNTED = 2000;

const uses = new Map<string, number>();
const names = new Map<string, string>();

/**
 * A statement as it is sent: under a name where its text is used again and again, so that a connection parses and plans it
 * once. A claim with its result takes a fifth less time so.
 */
export function prepared({ text, values }: Sql): pg.QueryConfig {
  const name = names.get(text);
  if (name !== undefined) return { name, text, values };
  const used = (uses.get(text) ?? 0) + 1;
  if (used > USES_BEFORE && names.size < MOST_PREPARED) {
    uses.delete(text);
    names.set(text, `s${names.size}`);
  } else if (used > 1 || uses.size < MOST_COUNTED) uses.set(text, used);
  return { text, values };
}
