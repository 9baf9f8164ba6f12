import { createHmac } from 'node:crypto';
import { lookup as lookUp } from 'node:dns/promises';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Webhook } from '#core/event.ts';
import { ipOf, isAllowed, problemOf, type AllowList } from './webhook-address.ts';

/** How a try went: the status that was answered, or why there is none. */
export type Sent = { ok: boolean; status: number | null; error: string | null };

/** How webhooks reach the world; tests bring their own names. */
export type Sending = { allowed: AllowList; timeoutMs: number; lookUp: (name: string) => Promise<string[]>; signal?: AbortSignal };

/** Of an answer only its beginning is read, to show why a message was refused. */
const MOST_ANSWER_CHARACTERS = 200;
const MOST_ANSWER_BYTES = 16_384;

/** Looks names up as the operating system does. */
export async function lookUpName(name: string): Promise<string[]> {
  return (await lookUp(name, { all: true })).map(({ address }) => address);
}

/** The signature of a message as Standard Webhooks 1.0 has it (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body. */
export function signature(secret: string, id: string, atSeconds: number, body: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${atSeconds}.${body}`).digest('base64')}`;
}

/**
 * Posts a message once. The name is looked up once, every address that it leads to is checked, and the connection goes
 * to one that was checked, so that an answer of the name service that changes meanwhile leads nowhere else. Redirects are
 * not followed.
 */
export async function sendWebhook(webhook: Pick<Webhook, 'address' | 'secret'>, message: { id: string; body: string; atMs: number }, sending: Sending): Promise<Sent> {
  const problem = problemOf(webhook.address, sending.allowed);
  if (problem !== null) return failed(`The address ${problem}.`);
  const url = new URL(webhook.address);
  const host = ipOf(url);
  let addresses: string[];
  try {
    addresses = host === null ? await sending.lookUp(url.hostname) : [host];
  } catch (error) {
    return failed(`The name ${url.hostname} cannot be looked up: ${messageOf(error)}.`);
  }
  const [first] = addresses;
  const refused = addresses.find((address) => !isAllowed(address, url, sending.allowed));
  if (first === undefined) return failed(`The name ${url.hostname} leads nowhere.`);
  if (refused !== undefined) return failed(`The name ${url.hostname} leads to ${refused}, which webhook_allow does not name.`);
  return post(url, first, headersOf(webhook.secret, message), message.body, sending);
}

function headersOf(secret: string, message: { id: string; body: string; atMs: number }): Record<string, string> {
  const atSeconds = Math.floor(message.atMs / 1000);
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(message.body)),
    'user-agent': 'XeeNet webhooks',
    'webhook-id': message.id,
    'webhook-timestamp': String(atSeconds),
    'webhook-signature': signature(secret, message.id, atSeconds, message.body),
  };
}

function post(url: URL, address: string, headers: Record<string, string>, body: string, { timeoutMs, signal: stop }: Sending): Promise<Sent> {
  const family = isIP(address);
  const lookup: LookupFunction = (_name, options, found) => (options.all === true ? found(null, [{ address, family }]) : found(null, address, family));
  const start = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve) => {
    // One limit for all of it: a receiver that sends a byte now and then holds nothing up.
    const limit = AbortSignal.timeout(timeoutMs);
    const signal = stop === undefined ? limit : AbortSignal.any([limit, stop]);
    const request = start(url, { method: 'POST', headers, lookup, agent: false, signal }, (response) => {
      const status = response.statusCode ?? 0;
      const end = (text: string): void => {
        request.destroy();
        resolve(judge(status, text));
      };
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MOST_ANSWER_BYTES) end(text);
      });
      response.on('end', () => end(text));
      response.on('error', () => end(text));
    });
    request.on('error', (error) => resolve(failed(limit.aborted ? `There was no answer within ${timeoutMs / 1000} s.` : `It could not be reached: ${messageOf(error)}.`)));
    request.end(body);
  });
}

function judge(status: number, text: string): Sent {
  if (status >= 200 && status < 300) return { ok: true, status, error: null };
  if (status >= 300 && status < 400) return { ok: false, status, error: 'It answered with a redirect, which is not followed.' };
  const said = text.replaceAll(/[^\P{Cc}\n\t]|\p{Cs}/gu, '').trim().slice(0, MOST_ANSWER_CHARACTERS).toWellFormed();
  return { ok: false, status, error: said === '' ? `It answered with status ${status}.` : `It answered with status ${status}: ${said}` };
}

function failed(error: string): Sent {
  return { ok: false, status: null, error };
}

function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}
