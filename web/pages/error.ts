import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Web } from '#web/context.ts';
import { html } from '#web/html.ts';
import { layout } from '#web/layout.ts';
import { paths } from '#web/paths.ts';
import { newNonce, pageHeaders } from '#web/security.ts';
import { hasShortcuts } from '#web/shortcuts.ts';
import { themeOf } from '#web/theme.ts';

/** What went wrong, for a person. */
export type ErrorText = { status: number; title: string; detail: string };

/** Answers with a page that says what went wrong and leads on. */
export async function errorPage(web: Web, request: FastifyRequest, reply: FastifyReply, error: ErrorText): Promise<FastifyReply> {
  const nonce = newNonce();
  const frame = { title: error.title, section: null, theme: themeOf(request), kiosk: false, shortcuts: hasShortcuts(request), nonce, version: web.settings.version, now: web.engine.now(), scripts: [], styles: [], live: null, bell: null };
  const content = html`<section class="lost"><p class="status">${error.status}</p><h1>${error.title}</h1><p>${error.detail}</p>
<p><a href="${paths.overview()}">Overview</a> · <a href="${paths.briefs()}">Briefs</a> · <a href="${paths.tasks()}">Tasks</a> · <a href="${paths.workers()}">Workers</a></p></section>`;
  return reply.code(error.status).headers(pageHeaders(nonce)).type('text/html; charset=utf-8').send(String(layout(frame, content)));
}
