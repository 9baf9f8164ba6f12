import type { FastifyRequest } from 'fastify';
import { LOCAL_ID } from '#core/ledger.ts';
import { authenticate } from '#engine/authenticate.ts';
import { findEnrolmentSince } from '#store/token.ts';
import { cookieOf, passingCookie } from '#web/cookie.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { actionButton } from '#web/parts/field.ts';
import { copyable } from '#web/parts/identity.ts';
import { ago } from '#web/parts/moment.ts';
import { card } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';

/** A new token can be read for this long, by the browser that asked for it and on the page of its account alone. */
const TOKEN_SHOWN_SECONDS = 300;
const COOKIE = 'enrolment';

/**
 * The Set-Cookie header by which the page of an account shows a new token after a redirect. The server keeps no more than
 * its hash, so that only this browser can hand it on.
 */
export function tokenCookie(accountId: string, token: string): string {
  return passingCookie(COOKIE, token, paths.creditAccount(accountId), TOKEN_SHOWN_SECONDS);
}

/** The new token that this browser was just given for an account, while it opens anything; null else. */
export async function newTokenOf(site: Site, request: FastifyRequest, accountId: string): Promise<string | null> {
  const token = cookieOf(request, COOKIE);
  if (token === undefined) return null;
  const actor = await authenticate(site.engine, token);
  return actor?.kind === 'enrolment' && actor.accountId === accountId ? token : null;
}

/** The line that adds a machine for an account, while its new token is there to be read. */
export function tokenNotice(site: Site, token: string | null): Fragment {
  if (token === null) return nothing;
  const { command, publicUrl } = site.settings;
  return html`<div class="notice warn"><p>This adds a machine that belongs to this account. Copy it now: its token is shown here for five minutes, to this browser, and never again.</p>${copyable('enrolment', `${command} worker --server ${publicUrl()} --token ${token}`, 'Command that adds a worker of this account')}</div>`;
}

/** Whether machines can join for an account, and what can be done about it. */
export async function enrolmentCard(site: Site, accountId: string): Promise<Fragment> {
  if (accountId === LOCAL_ID) return card('Its machines join', html`<p>with the enrolment token that <a href="${paths.workers()}#add">Workers</a> shows. <a href="${paths.settings()}">Settings</a> say how to renew it.</p>`);
  const since = await findEnrolmentSince(site.reader, accountId);
  const renew = actionButton(paths.creditAccountAction(accountId, 'renew'), since === null ? 'Make a token' : 'Renew the token', since === null ? 'primary' : 'secondary');
  const said = since === null ? html`<p>No machine can join for this account: it has no enrolment token. Workers that have joined go on.</p>` : html`<p>with a token made ${ago(since, site.engine.now())}, of which only the hash is kept. A new one shuts it out at once; workers that have joined go on.</p>`;
  return card('Its machines join', html`${said}<div class="actions">${renew}${since === null ? null : actionButton(paths.creditAccountAction(accountId, 'revoke'), 'Revoke it', 'danger')}</div>`);
}
