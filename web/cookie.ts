import type { FastifyRequest } from 'fastify';

const YEAR_SECONDS = 365 * 24 * 3600;

/** What this browser keeps under a name. */
export function cookieOf(request: FastifyRequest, name: string): string | undefined {
  const cookies = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return cookies.find(([one]) => one === name)?.[1];
}

/** The Set-Cookie header of what only the page at one path shows, to this browser, for a while. */
export function passingCookie(name: string, value: string, path: string, seconds: number): string {
  return `${name}=${value}; Path=${path}; Max-Age=${seconds}; SameSite=Strict; HttpOnly`;
}

/** The Set-Cookie header that keeps a choice of this browser. */
export function choiceCookie(name: string, value: string): string {
  return `${name}=${value}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax; HttpOnly`;
}
