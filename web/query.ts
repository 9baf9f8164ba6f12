import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { accept, refuse, type Outcome } from '#core/errors.ts';
import { issuesOf } from '#protocol/problem.ts';

/** A page's query by its schema. A form sends its empty fields too: those count as not given. */
export function readQuery<T>(schema: z.ZodType<T>, request: FastifyRequest): Outcome<T> {
  const given = Object.entries(request.query as Record<string, unknown>).filter(([, value]) => value !== '');
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (parsed.success) return accept(parsed.data);
  const issues = issuesOf(parsed.error);
  return refuse('invalid', `The address asks for something that is not there: ${issues.map((issue) => `${issue.path} ${issue.message}`).join('; ')}.`, issues);
}
