import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { complete } from '#core/filter/complete.ts';
import { LONGEST_FILTER } from '#core/filter/language.ts';
import { id } from '#protocol/scalar.ts';
import { findFamily } from '#store/family.ts';
import { refusalPage, type Site } from '#web/page.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';
import { readKnownNames, readVocabulary } from '#web/task-filter.ts';

const querySchema = z.object({ text: z.string().max(LONGEST_FILTER).default(''), at: z.coerce.number().pipe(z.int().min(0).max(LONGEST_FILTER)).default(0), family: id.optional() });

/** What can stand at the cursor of a filter box, for the script beside it. */
export function registerTaskComplete(app: FastifyInstance, site: Site): void {
  app.get(paths.taskComplete(), async (request, reply) => {
    const query = readQuery(querySchema, request);
    if (!query.ok) return refusalPage(site, request, reply, query.refusal);
    const { text, at, family } = query.value;
    const found = family === undefined ? null : await findFamily(site.reader, family);
    const vocabulary = await readKnownNames(site.reader, await readVocabulary(site.reader, found));
    return reply.headers({ 'cache-control': 'no-store' }).send(complete(text, at, vocabulary));
  });
}
