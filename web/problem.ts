import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ERRORS, refuse, type ErrorCode, type Outcome, type Refusal } from '#core/errors.ts';
import { fromRefusal } from '#protocol/problem.ts';
import type { Web } from './context.ts';
import { errorPage } from './pages/error.ts';
import { InvalidInput } from './validation.ts';
import { Vanished } from './vanished.ts';

const RETRY_AFTER_SECONDS = 2;

/** Sends a refusal as a problem (RFC 9457). */
export function sendRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { status } = ERRORS[refusal.code];
  if (status === 429 || status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(status).type('application/problem+json').send(JSON.stringify(fromRefusal(refusal)));
}

/** Sends the value of an outcome, shaped by `view`, or its refusal. */
export function sendOutcome<T>(reply: FastifyReply, outcome: Outcome<T>, view: (value: T) => unknown, status = 200): FastifyReply {
  return outcome.ok ? reply.code(status).send(view(outcome.value)) : sendRefusal(reply, outcome.refusal);
}

/** Errors of every route: problems for programs, pages for people, and never a stack trace for either. */
export function answerError(web: Web) {
  return async (error: FastifyError, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const refusal = toRefusal(error);
    const { status } = ERRORS[refusal.code];
    if (status >= 500) request.log.error({ err: error, method: request.method, url: request.url }, 'request failed');
    return isForProgram(request) ? sendRefusal(reply, refusal) : errorPage(web, request, reply, { status, title: STATUS_CODES[status] ?? 'Error', detail: refusal.detail });
  };
}

/** Addresses that do not exist. */
export function answerNotFound(web: Web) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const refusal: Refusal = { code: 'not_found', detail: ERRORS.not_found.sentence, issues: [] };
    return isForProgram(request) ? sendRefusal(reply, refusal) : errorPage(web, request, reply, { status: 404, title: 'Not found', detail: refusal.detail });
  };
}

/** Requests that are no HTTP, or whose head is too large: there is no route and no reply yet, only the connection. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (socket.writable) {
    const code = error.code === 'HPE_HEADER_OVERFLOW' ? 'too_large' : 'malformed';
    const { status, sentence } = ERRORS[code];
    const body = JSON.stringify(fromRefusal({ code, detail: sentence, issues: [] }));
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }
  socket.destroy();
}

const BY_FASTIFY_CODE: Record<string, ErrorCode> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed',
  FST_ERR_CTP_BODY_TOO_LARGE: 'too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
};

// 414 is for a parameter longer than any id: nothing can be there.
const BY_STATUS: Record<number, ErrorCode> = { 400: 'malformed', 404: 'not_found', 413: 'too_large', 414: 'not_found', 415: 'unsupported_media_type', 429: 'too_many_requests', 503: 'overloaded' };

function toRefusal(error: FastifyError): Refusal {
  if (error instanceof Vanished) return refuse('not_found').refusal;
  if (error instanceof InvalidInput) return { code: 'invalid', detail: error.message, issues: error.issues };
  const code = BY_FASTIFY_CODE[error.code] ?? BY_STATUS[error.statusCode ?? 500] ?? 'internal';
  return { code, detail: ERRORS[code].sentence, issues: [] };
}

function isForProgram(request: FastifyRequest): boolean {
  return request.url.startsWith('/api/') || /^\/(healthz|readyz|metrics)\b/.test(request.url);
}
