import type { z } from 'zod';

/** A place in a list as an opaque text for addresses. */
export function encodeCursor(key: (string | number | null)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** The place that a cursor names, read with the schema of its parts; null when it is none of ours. */
export function decodeCursor<T>(schema: z.ZodType<T>, cursor: string): T | null {
  try {
    const parsed = schema.safeParse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    // Text that is not JSON is no cursor; the caller answers so.
    return null;
  }
}
