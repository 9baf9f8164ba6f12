import { isIPv4 } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ERRORS } from '#core/errors.ts';
import { fromRefusal } from '#protocol/problem.ts';

/**
 * Pages ask for no password, so they are for this machine alone. A request must name a
 * loopback host (a page elsewhere whose domain was rebound to 127.0.0.1 does not), and one that changes something must
 * come from this server's own pages or from no page at all (against cross-site request forgery).
 */
export async function checkOrigin(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const host = request.headers.host ?? '';
  const problem = !isLoopbackHost(host)
    ? `This server answers only to its loopback names, such as http://127.0.0.1, not to "${host.slice(0, 100)}".`
    : changesSomething(request) && isForeign(request, host)
      ? 'A page of another site tried to change something here.'
      : null;
  if (problem === null) return undefined;
  return reply
    .code(ERRORS.foreign_origin.status)
    .type('application/problem+json')
    .send(JSON.stringify(fromRefusal({ code: 'foreign_origin', detail: problem, issues: [] })));
}

/** Whether a Host header names this machine itself: localhost, 127.0.0.0/8 or ::1, with or without a port. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, '').toLowerCase();
  return name === 'localhost' || name === '[::1]' || (isIPv4(name) && name.startsWith('127.'));
}

function changesSomething(request: FastifyRequest): boolean {
  return request.method !== 'GET' && request.method !== 'HEAD';
}

function isForeign(request: FastifyRequest, host: string): boolean {
  const { origin } = request.headers;
  if (origin !== undefined) return origin !== `http://${host}`;
  const site = request.headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}
