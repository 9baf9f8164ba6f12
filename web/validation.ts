import type { FastifySchemaCompiler } from 'fastify';
import { z } from 'zod';
import type { FieldIssue } from '#core/errors.ts';
import { issuesOf } from '#protocol/problem.ts';

/** An input that its route's schema refuses, field by field. */
export class InvalidInput extends Error {
  readonly issues: FieldIssue[];

  constructor(issues: FieldIssue[]) {
    const [first] = issues;
    super(first === undefined ? 'Some values are not valid.' : `${first.path === '' ? 'The request' : first.path}: ${first.message}.`);
    this.issues = issues;
  }
}

/** Validates bodies, queries and parameters with the route's zod schema. */
export const validateWithZod: FastifySchemaCompiler<unknown> = ({ schema }) => {
  if (!(schema instanceof z.ZodType)) throw new Error('routes are described by zod schemas');
  return (data) => {
    const parsed = schema.safeParse(data);
    return parsed.success ? { value: parsed.data } : { error: new InvalidInput(issuesOf(parsed.error)) };
  };
};
