import { z } from 'zod';
import { whole } from './scalar.ts';

/** The longest text that is searched for. */
export const LONGEST_SEARCH = 200;

export const HIT_KINDS = ['brief', 'family', 'task', 'worker', 'experiment', 'account'] as const;

/** Something that was found: what it is, its id (of an experiment its name), what people call it, and its state. */
export const hitView = z.object({ kind: z.enum(HIT_KINDS), id: z.string(), name: z.string(), state: z.string().nullable() });
export type Hit = z.infer<typeof hitView>;

/** Query of a search. */
export const searchQuery = z.strictObject({
  q: z.string().max(LONGEST_SEARCH, `can have at most ${LONGEST_SEARCH} characters`).describe('An id, its beginning or its short form; or words'),
  limit: z.coerce.number().pipe(whole(1, 50)).default(10).describe('Items of each kind'),
});
