import type { FastifyRequest } from 'fastify';
import { choiceCookie, cookieOf } from './cookie.ts';

/** How pages look: as the person's system does, or always light or dark. */
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const COOKIE = 'theme';

/** The theme of a request: `?theme=` for this one page, else the one that was chosen in the settings. */
export function themeOf(request: FastifyRequest): Theme {
  const { theme } = request.query as Record<string, unknown>;
  return toTheme(theme) ?? chosenTheme(request);
}

/** The theme that was chosen in the settings. */
export function chosenTheme(request: FastifyRequest): Theme {
  return toTheme(cookieOf(request, COOKIE)) ?? 'system';
}

/** A text as a theme, or null when it names none. */
export function toTheme(text: unknown): Theme | null {
  return THEMES.find((theme) => theme === text) ?? null;
}

/** The Set-Cookie header that keeps a choice. */
export function themeCookie(theme: Theme): string {
  return choiceCookie(COOKIE, theme);
}
