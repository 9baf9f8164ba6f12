import { z } from 'zod';

/** Characters that are never part of a text a person typed: controls other than tab, line feed and carriage return. */
// oxlint-disable-next-line no-control-regex -- the control characters are exactly what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** Something to see: a name of blanks without width could not be found or told from another. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** One line of text from a person: trimmed, not empty, without control characters. */
export function line(most: number) {
  return z
    .string()
    .trim()
    .min(1, 'is needed')
    .max(most, `can have at most ${most} characters`)
    .refine((text) => !CONTROL.test(text) && !/[\r\n\t]/.test(text) && text.isWellFormed(), 'must be one line of plain text')
    .refine((text) => text === '' || VISIBLE.test(text), 'must have something to see');
}

/** Text of several lines from a person, possibly empty. */
export function prose(most: number) {
  return z
    .string()
    .trim()
    .max(most, `can have at most ${most} characters`)
    .refine((text) => !CONTROL.test(text) && text.isWellFormed(), 'must be plain text');
}

/** Text from a program's output: anything, made storable by replacing what no database keeps. */
export function output(most: number) {
  return z.string().max(most, `can have at most ${most} characters`).transform(storable);
}

/** An id in an address or a body; whether it exists is another question. */
export const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'is not an id');

/** A sha256 in lower-case hexadecimal. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is not a sha256 in hexadecimal');

/** A whole number within bounds. */
export function whole(least: number, most: number) {
  return z.int('must be a whole number').min(least, `must be at least ${least}`).max(most, `must be at most ${most}`);
}

/** A finite number within bounds. */
export function between(least: number, most: number) {
  return z.number('must be a number').min(least, `must be at least ${least}`).max(most, `must be at most ${most}`);
}

/** A moment of the wire: RFC 3339 in UTC with milliseconds. */
export const moment = z.iso.datetime();

/** Epoch milliseconds as the wire writes them. */
export function toMoment(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** {@link toMoment} for what may not have happened yet. */
export function toMomentOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : toMoment(epochMs);
}

/** A page of a list. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() });
}

/** What every list takes. */
export const pageQuery = {
  limit: z.coerce.number().pipe(whole(1, 500)).default(50).describe('Items per page'),
  cursor: z.string().max(500).optional().describe('next_cursor of the page before'),
};

function storable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}
