import type { FastifyRequest } from 'fastify';
import { choiceCookie, cookieOf } from './cookie.ts';

const COOKIE = 'shortcuts';

/** Whether shortcuts of a single key work in this browser: they do unless they were turned off in the settings. */
export function hasShortcuts(request: FastifyRequest): boolean {
  return cookieOf(request, COOKIE) !== 'off';
}

/** The Set-Cookie header that keeps the choice. */
export function shortcutsCookie(on: boolean): string {
  return choiceCookie(COOKIE, on ? 'on' : 'off');
}
