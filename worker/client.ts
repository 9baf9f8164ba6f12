import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { claimInput, heartbeatInput, logInput, metricsInput, registerInput, resultInput } from '#protocol/worker.ts';
import { approvedPackages, claimOutput, heartbeatOutput, registerOutput, resultOutput } from '#protocol/worker.ts';
import { pauseMs, waited } from './patience.ts';

const REQUEST_MS = 30_000;
const DOWNLOAD_MS = 600_000;

/** What became of a request. `refused` is the server's final word; `unreachable` is worth another try. */
export type Answer<T> =
  | { kind: 'taken'; value: T }
  | { kind: 'refused'; status: number; code: string; detail: string }
  | { kind: 'unreachable'; detail: string; retryAfterMs: number | null }
  | { kind: 'aborted' };

/** An answer after as many tries as it took. */
export type Settled<T> = Exclude<Answer<T>, { kind: 'unreachable' }>;

/** The requests of a worker; none of them throws. */
export type Client = ReturnType<typeof createClient>;

type Connection = {
  /** The server's origin, e.g. `http://127.0.0.1:8000`. */
  serverUrl: string;
  /** Enrolment token to register, the worker's own token for all else. */
  token: string;
  /** Told when the server stops answering and when it answers again. */
  onReach?: ((reachable: boolean, detail: string) => void) | undefined;
};

type Request<T> = { method?: 'GET'; body?: object; answer: z.ZodType<T>; signal: AbortSignal; headers?: Record<string, string>; withinMs?: number };

// A refusal is recognised by its form (RFC 9457), so that an error page of something in between is not taken for the server's word.
const refusal = z.object({ code: z.string(), detail: z.string().default(''), title: z.string().default('') });

/** A client of one server with one token. */
export function createClient(connection: Connection) {
  const reach = watchReach(connection.onReach);
  const post = async <T>(path: string, request: Request<T>): Promise<Answer<T>> => reach(await send(connection, path, request));
  const tell = (path: string, body: object, signal: AbortSignal) => post(path, { body, answer: z.unknown(), signal });
  return {
    serverUrl: connection.serverUrl,
    register: (input: z.input<typeof registerInput>, idempotencyKey: string, signal: AbortSignal) =>
      post('/api/v1/workers', { body: input, answer: registerOutput, signal, headers: { 'idempotency-key': idempotencyKey } }),
    heartbeat: (input: z.input<typeof heartbeatInput>, signal: AbortSignal) => post('/api/v1/heartbeats', { body: input, answer: heartbeatOutput, signal }),
    claim: (input: z.output<typeof claimInput>, signal: AbortSignal) =>
      post('/api/v1/claims', { body: input, answer: claimOutput, signal, withinMs: REQUEST_MS + input.wait_seconds * 1000 }),
    sendPoints: (taskId: string, input: z.input<typeof metricsInput>, signal: AbortSignal) => tell(`/api/v1/tasks/${taskId}/metrics`, input, signal),
    sendLog: (taskId: string, input: z.input<typeof logInput>, signal: AbortSignal) => tell(`/api/v1/tasks/${taskId}/log`, input, signal),
    sendResult: (taskId: string, input: z.input<typeof resultInput>, signal: AbortSignal) =>
      post(`/api/v1/tasks/${taskId}/result`, { body: input, answer: resultOutput, signal }),
    /** The packages that the server lets its workers run. */
    approved: (signal: AbortSignal) => post('/api/v1/packages', { method: 'GET', answer: approvedPackages, signal }),
    /** Writes a package's bytes to a file and tells the sha256 of what arrived. */
    download: async (sha256: string, path: string, mostBytes: number, signal: AbortSignal) => reach(await download(connection, sha256, { path, mostBytes, signal })),
  };
}

/** Asks again, with growing jittered pauses, until the server has answered or the signal ends it. */
export async function untilReached<T>(ask: () => Promise<Answer<T>>, signal: AbortSignal): Promise<Settled<T>> {
  for (let failures = 1; ; failures++) {
    const answer = await ask();
    if (answer.kind !== 'unreachable') return answer;
    if (!(await waited(pauseMs(failures, answer.retryAfterMs), signal))) return { kind: 'aborted' };
  }
}

/** Whether the server no longer knows the token, or the worker behind it was removed. */
export function isForgotten(answer: Answer<unknown>): boolean {
  return answer.kind === 'refused' && (answer.status === 401 || answer.code === 'worker_removed' || answer.code === 'worker_not_found');
}

function watchReach(onReach: Connection['onReach']) {
  let reachable = true;
  return <T>(answer: Answer<T>): Answer<T> => {
    const now = answer.kind === 'aborted' ? reachable : answer.kind !== 'unreachable';
    if (now !== reachable) onReach?.(now, answer.kind === 'unreachable' ? answer.detail : '');
    reachable = now;
    return answer;
  };
}

async function send<T>(connection: Connection, path: string, request: Request<T>): Promise<Answer<T>> {
  const headers = { ...request.headers, 'content-type': 'application/json', accept: 'application/json' };
  const init = request.method === 'GET' ? { method: 'GET', headers } : { method: 'POST', headers, body: JSON.stringify(request.body ?? {}) };
  return guarded(request.signal, async () => {
    const response = await ask(connection, path, init, request.signal, request.withinMs ?? REQUEST_MS);
    const text = await response.text();
    if (!response.ok) return failure(response, text);
    const read = request.answer.safeParse(json(text));
    return read.success ? { kind: 'taken', value: read.data } : unreachable(`${path} was answered in a form that is not XeeNet's`);
  });
}

async function download(connection: Connection, sha256: string, to: { path: string; mostBytes: number; signal: AbortSignal }): Promise<Answer<{ sha256: string; bytes: number }>> {
  return guarded(to.signal, async () => {
    const response = await ask(connection, `/api/v1/packages/${sha256}`, { method: 'GET' }, to.signal, DOWNLOAD_MS);
    if (!response.ok || response.body === null) return failure(response, await response.text());
    const hash = createHash('sha256');
    let bytes = 0;
    const measure = new Transform({
      transform(chunk: Uint8Array, _encoding, done) {
        bytes += chunk.byteLength;
        hash.update(chunk);
        done(bytes > to.mostBytes ? new TooLarge() : null, chunk);
      },
    });
    try {
      await pipeline(response.body, measure, createWriteStream(to.path));
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      return { kind: 'refused', status: 413, code: 'package_too_large', detail: `The package is larger than ${to.mostBytes} bytes.` };
    }
    return { kind: 'taken', value: { sha256: hash.digest('hex'), bytes } };
  });
}

class TooLarge extends Error {}

// Redirects are not followed: a POST would silently become a GET, and the token would go to another address.
function ask({ serverUrl, token }: Connection, path: string, init: RequestInit & { headers?: Record<string, string> }, signal: AbortSignal, withinMs: number): Promise<Response> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  return fetch(new URL(path, serverUrl), { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` }, redirect: 'manual', signal: limit });
}

async function guarded<T>(signal: AbortSignal, attempt: () => Promise<Answer<T>>): Promise<Answer<T>> {
  if (signal.aborted) return { kind: 'aborted' };
  try {
    return await attempt();
  } catch (error) {
    return signal.aborted ? { kind: 'aborted' } : unreachable(reasonOf(error));
  }
}

function failure(response: Response, text: string): Answer<never> {
  const { status } = response;
  const said = refusal.safeParse(json(text));
  const temporary = status >= 500 || status === 408 || status === 425 || status === 429;
  if (said.success && !temporary) return { kind: 'refused', status, code: said.data.code, detail: said.data.detail || said.data.title };
  const where = response.headers.get('location');
  const detail = said.success ? said.data.detail || said.data.title : `answered ${status}${where === null ? '' : ` and points to ${where}`}, which is not XeeNet's form of an error`;
  return { kind: 'unreachable', detail, retryAfterMs: retryAfterMs(response.headers.get('retry-after')) };
}

function unreachable(detail: string): Answer<never> {
  return { kind: 'unreachable', detail, retryAfterMs: null };
}

/** `Retry-After` in milliseconds: seconds or a date (RFC 9110, 10.2.3). */
function retryAfterMs(header: string | null): number | null {
  if (header === null) return null;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
