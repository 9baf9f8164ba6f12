import type { FastifyReply, FastifyRequest } from 'fastify';
import { assert, refuse } from '#core/errors.ts';
import { authenticate, type Actor } from '#engine/authenticate.ts';
import type { OnceRequest } from '#engine/answer-once.ts';
import { sha256 } from '#engine/id.ts';
import type { Web } from './context.ts';
import { sendRefusal } from './problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking; null until a token was read. */
    actor: Actor | null;
  }
}

const BEARER = /^Bearer ([\x21-\x7e]{1,512})$/i;
const LONGEST_KEY = 200;

/** A hook that lets only these kinds of token pass. */
export function allow(web: Web, ...kinds: Actor['kind'][]) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const token = bearerOf(request);
    const actor = token === undefined ? null : await authenticate(web.engine, token);
    if (actor === null) return sendRefusal(reply, refuse('unauthenticated', token === undefined ? undefined : 'This token is not known here.').refusal);
    if (!kinds.includes(actor.kind)) return sendRefusal(reply, refuse('forbidden', `This needs a token of kind ${kinds.join(' or ')}; this one is of kind ${actor.kind}.`).refusal);
    request.actor = actor;
    return undefined;
  };
}

/** The token that a request shows, if it shows one. */
export function bearerOf(request: FastifyRequest): string | undefined {
  return BEARER.exec(request.headers.authorization ?? '')?.[1];
}

/** Who is asking, on a route that has passed {@link allow}. */
export function actorOf(request: FastifyRequest): Actor {
  assert(request.actor !== null, 'the route checks its token');
  return request.actor;
}

/** The worker that is asking, on a route for workers. */
export function workerIdOf(request: FastifyRequest): string {
  const actor = actorOf(request);
  assert(actor.kind === 'worker', 'the route is for workers');
  return actor.workerId;
}

/** The request's Idempotency-Key with what it stands for; null without one. */
export function onceOf(request: FastifyRequest, scope: string): OnceRequest | null {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key === '') return null;
  return { ownerId: actorOf(request).accountId, scope, key: key.length > LONGEST_KEY ? sha256(key) : key, requestSha256: sha256(JSON.stringify(request.body)) };
}
