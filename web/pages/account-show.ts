import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ERRORS, refuse, type Refusal } from '#core/errors.ts';
import { LOCAL_ID, MICROCREDITS, type Account } from '#core/ledger.ts';
import { renewEnrolment, revokeEnrolment } from '#engine/change-enrolment.ts';
import { TOPICS } from '#engine/engine.ts';
import { grantCredits } from '#engine/grant-credits.ts';
import { grantInput } from '#protocol/account.ts';
import { issuesOf } from '#protocol/problem.ts';
import { id } from '#protocol/scalar.ts';
import { findAccount } from '#store/ledger.ts';
import { formKey, onceOfForm } from '#web/form-once.ts';
import { html, nothing, type Content, type Fragment } from '#web/html.ts';
import { refusalPage, registerPage, sendPage, type Page, type Site } from '#web/page.ts';
import { accountFacts, briefsCard, workersCard } from '#web/parts/credits/account-cards.ts';
import { enrolmentCard, newTokenOf, tokenCookie, tokenNotice } from '#web/parts/credits/enrolment.ts';
import { entryTable } from '#web/parts/credits/entry-table.ts';
import { grantForm, type TypedGrant } from '#web/parts/credits/grant-form.ts';
import { refusalNotice } from '#web/parts/field.ts';
import { crumbs } from '#web/parts/identity.ts';
import { card, emptyState } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';

const showQuery = z.object({ before: id.optional() });

/** What the page shows beside the account: what was typed into its form and refused, and a token that was just made. */
type Around = { typed: TypedGrant; refusal: Refusal | null; token: string | null };

/** One account: what it has, every entry that made it so, its machines and briefs, and what an administrator does with it. */
export function registerAccountShow(app: FastifyInstance, site: Site): void {
  const untyped = (): TypedGrant => ({ amount: '', reason: '', key: formKey(site, null) });
  registerPage(app, site, paths.creditAccount(':id'), async (request) => {
    const query = readQuery(showQuery, request);
    if (!query.ok) return query.refusal;
    return accountPage(site, idOf(request), query.value.before ?? null, { typed: untyped(), refusal: null, token: await newTokenOf(site, request, idOf(request)) });
  });
  for (const verb of ['grant', 'renew', 'revoke'] as const) {
    // A refusal is shown at the action's own address; loading that again leads back to the account.
    app.get(paths.creditAccountAction(':id', verb), async (request, reply) => reply.redirect(paths.creditAccount(idOf(request)), 303));
  }
  app.post(paths.creditAccountAction(':id', 'grant'), async (request, reply) => {
    const body = (request.body ?? {}) as Record<string, unknown>;
    const typed: TypedGrant = { amount: textOf(body['amount_credits']), reason: textOf(body['reason']), key: formKey(site, body['key']) };
    const parsed = grantInput.safeParse({ amount_credits: typed.amount.trim() === '' ? Number.NaN : Number(typed.amount), reason: typed.reason });
    const accountId = idOf(request);
    const once = onceOfForm(`grant to ${accountId}`, typed.key, [typed.amount, typed.reason]);
    const outcome = parsed.success
      ? await grantCredits(site.engine, LOCAL_ID, { accountId, amountMicrocredits: Math.round(parsed.data.amount_credits * MICROCREDITS), reason: parsed.data.reason }, once)
      : refuse('invalid', 'The grant cannot be made as it is.', issuesOf(parsed.error));
    if (outcome.ok) return reply.redirect(paths.creditAccount(accountId), 303);
    const page = await accountPage(site, accountId, null, { typed, refusal: outcome.refusal, token: null });
    return 'code' in page ? refusalPage(site, request, reply, page) : sendPage(site, request, reply, page, ERRORS[outcome.refusal.code].status);
  });
  app.post(paths.creditAccountAction(':id', 'renew'), async (request, reply) => {
    const outcome = await renewEnrolment(site.engine, idOf(request), null);
    if (!outcome.ok) return refusalPage(site, request, reply, outcome.refusal);
    return reply.header('set-cookie', tokenCookie(idOf(request), outcome.value.token)).redirect(paths.creditAccount(idOf(request)), 303);
  });
  app.post(paths.creditAccountAction(':id', 'revoke'), async (request, reply) => {
    const outcome = await revokeEnrolment(site.engine, idOf(request));
    return outcome.ok ? reply.redirect(paths.creditAccount(idOf(request)), 303) : refusalPage(site, request, reply, outcome.refusal);
  });
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

async function accountPage(site: Site, accountId: string, before: string | null, { typed, refusal, token }: Around): Promise<Page | Refusal> {
  const account = await findAccount(site.reader, accountId);
  if (account === null) return refuse('account_not_found').refusal;
  const isPerson = account.kind === 'person';
  const topics = [TOPICS.ledger];
  const filter = { account: accountId, kind: null, brief: null };
  const exported = (format: 'csv' | 'json') => html`<a href="${paths.creditsExport({ format, account: accountId })}" download>${format.toUpperCase()}</a>`;
  const ofPerson = isPerson
    ? [
        { id: 'enrolment', topics, render: () => enrolmentCard(site, accountId) },
        { id: 'workers', topics: [TOPICS.workers], render: () => workersCard(site, accountId) },
        { id: 'briefs', topics: [TOPICS.briefs], render: () => briefsCard(site, accountId) },
      ]
    : [];
  return {
    title: account.name,
    section: 'credits',
    styles: ['credits.css'],
    address: paths.creditAccount(accountId, { before }),
    regions: [
      { id: 'balance', topics, render: () => accountFacts(site, accountId) },
      ...ofPerson,
      { id: 'entries', topics, render: () => entryTable(site, { filter, before, at: (from) => paths.creditAccount(accountId, { before: from }) }, () => noEntries(account)) },
    ],
    content: (region) => html`<section class="head"><div>${crumbs([paths.credits(), 'Credits'], ...(isPerson ? [[paths.creditAccounts(), 'Accounts'] as const] : []))}<h1>${account.name}</h1><p class="lead mono">${account.id}</p></div></section>
${refusal !== null && refusal.issues.length === 0 ? refusalNotice(refusal) : nothing}${tokenNotice(site, token)}<section class="columns balance-and-more"><div>${region('balance')}${isPerson ? grantForm(account, typed, refusal?.issues ?? []) : nothing}</div>${isPerson ? html`<div>${region('enrolment')}${region('workers')}${region('briefs')}</div>` : nothing}</section>
<section id="entries-of-account">${card('Entries', region('entries'), html`<span>${exported('csv')} · ${exported('json')}</span>`)}</section>`,
  };
}

function noEntries({ kind }: Account): Fragment {
  const why: Record<Account['kind'], Content> = {
    person: 'Starter credits, grants and what briefs hold appear here.',
    worker: html`It has earned nothing yet: accepted results are paid, and failures that are the script’s fault.`,
    hold: 'Nothing was held.',
    treasury: 'Nothing went in or out.',
  };
  return emptyState('There is no entry', why[kind]);
}
