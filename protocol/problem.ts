import { z } from 'zod';
import { ERRORS, type ErrorCode, type Refusal } from '#core/errors.ts';

/** An error of the wire (RFC 9457), sent as `application/problem+json`. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })),
});

/** A refusal as the wire shows it. */
export function fromRefusal(refusal: Refusal): z.infer<typeof problem> {
  const { status, sentence } = ERRORS[refusal.code];
  return { type: 'about:blank', title: sentence, status, code: refusal.code, detail: refusal.detail, errors: refusal.issues };
}

/** What is wrong with an input, field by field, in the wire's names. */
export function issuesOf(error: Pick<z.ZodError, 'issues'>): Refusal['issues'] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String).join('.');
    // Of several forms the one that was nearly met has the most to say; a union with a sentence of its own keeps that.
    const [nearest] = issue.code === 'invalid_union' && issue.message === 'Invalid input' ? [...issue.errors].sort((left, right) => left.length - right.length) : [];
    // Without even a type no form was nearly met: that is said of the whole.
    if (nearest?.[0]?.code === 'invalid_union') return [{ path, message: nearest[0].message }];
    if (nearest !== undefined && nearest.length > 0) return issuesOf({ issues: nearest }).map((one) => ({ ...one, path: [path, one.path].filter((part) => part !== '').join('.') }));
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: path === '' ? key : `${path}.${key}`, message: 'is not a field of this request' }));
    if (issue.code === 'invalid_value') return [{ path, message: issue.values.length === 1 ? `must be ${String(issue.values[0])}` : `must be one of ${issue.values.map(String).join(', ')}` }];
    return [{ path, message: sentenceOf(issue) }];
  });
}

const OF_TYPE: Record<string, string> = { string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false', object: 'an object', record: 'an object', array: 'a list', null: 'null' };

/** What a schema says of its own is a sentence for people; what the library says where it is silent is none. */
function sentenceOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input')) return issue.message.endsWith('received undefined') ? 'is needed' : `must be ${OF_TYPE[issue.expected] ?? 'of another type'}`;
  if (issue.code === 'too_big' && issue.message.startsWith('Too big')) return `can have at most ${issue.maximum}${MEASURE[issue.origin] ?? ''}`;
  if (issue.code === 'too_small' && issue.message.startsWith('Too small')) return `must have at least ${issue.minimum}${MEASURE[issue.origin] ?? ''}`;
  return issue.message;
}

const MEASURE: Record<string, string> = { string: ' characters', array: ' items' };
