import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ERRORS, refuse, type Refusal } from '#core/errors.ts';
import { addAccount } from '#engine/add-account.ts';
import { TOPICS } from '#engine/engine.ts';
import { sha256 } from '#engine/id.ts';
import { accountInput } from '#protocol/account.ts';
import { issuesOf } from '#protocol/problem.ts';
import { listPeople } from '#store/account.ts';
import { formKey, formKeyField, onceOfForm } from '#web/form-once.ts';
import { html, type Fragment } from '#web/html.ts';
import { refusalPage, registerPage, sendPage, type Page, type Site } from '#web/page.ts';
import { tokenCookie } from '#web/parts/credits/enrolment.ts';
import { EXPORT_TYPES } from '#web/parts/export.ts';
import { field, refusalNotice } from '#web/parts/field.ts';
import { crumbs, named, shortId } from '#web/parts/identity.ts';
import { exportAccounts } from '#web/parts/ledger-export.ts';
import { ago } from '#web/parts/moment.ts';
import { credits, creditsText } from '#web/parts/number.ts';
import { card, pager, table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';

const PEOPLE_PER_PAGE = 50;

const listQuery = z.object({ after: z.string().max(200).refine((text) => !text.includes('\0'), 'is no name').optional() });
const exportQuery = z.object({ format: z.enum(['csv', 'json']).default('csv') });

type Typed = { name: string; key: string };

/** The accounts of people, the form that adds one, and all accounts as a file. */
export function registerAccountList(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.creditAccounts(), async (request) => {
    const query = readQuery(listQuery, request);
    return query.ok ? accountListPage(site, query.value.after ?? null, { name: '', key: formKey(site, null) }, null) : query.refusal;
  });
  app.post(paths.creditAccounts(), async (request, reply) => {
    const body = (request.body ?? {}) as Record<string, unknown>;
    const typed: Typed = { name: typeof body['name'] === 'string' ? body['name'] : '', key: formKey(site, body['key']) };
    const parsed = accountInput.safeParse({ name: typed.name });
    // What is stored of the key must not tell the token, which is derived from it.
    const once = { ...onceOfForm('account', sha256(typed.key), typed.name), secret: typed.key };
    const outcome = parsed.success ? await addAccount(site.engine, { ...parsed.data, starterMicrocredits: site.settings.starterMicrocredits }, once) : refuse('invalid', 'The account cannot be added as it is.', issuesOf(parsed.error));
    if (!outcome.ok) return sendPage(site, request, reply, accountListPage(site, null, typed, outcome.refusal), ERRORS[outcome.refusal.code].status);
    const { accountId, token } = outcome.value;
    return reply.header('set-cookie', tokenCookie(accountId, token)).redirect(paths.creditAccount(accountId), 303);
  });
  app.get(paths.creditAccountsExport(), async (request, reply) => {
    const query = readQuery(exportQuery, request);
    if (!query.ok) return refusalPage(site, request, reply, query.refusal);
    const { format } = query.value;
    return reply
      .headers({ 'cache-control': 'private, no-cache', 'content-disposition': `attachment; filename="accounts.${format}"` })
      .type(EXPORT_TYPES[format])
      .send(Readable.from(exportAccounts(site.reader, format)));
  });
}

function accountListPage(site: Site, after: string | null, typed: Typed, refusal: Refusal | null): Page {
  const exported = (format: 'csv' | 'json') => html`<a href="${paths.creditAccountsExport({ format })}" download>${format.toUpperCase()}</a>`;
  return {
    title: 'Accounts',
    section: 'credits',
    styles: ['credits.css'],
    address: paths.creditAccounts({ after }),
    regions: [{ id: 'people', topics: [TOPICS.ledger], render: () => people(site, after) }],
    content: (region) => html`<section class="head"><div>${crumbs([paths.credits(), 'Credits'])}<h1>Accounts</h1><p class="lead">Who writes briefs or lends machines has an account. Each worker earns into one of its own, which <a href="${paths.workers()}">Workers</a> shows.</p></div><div class="actions"><a role="button" href="#add">Add an account</a></div></section>
<section>${card('People', region('people'), html`<span title="All accounts there are">${exported('csv')} · ${exported('json')}</span>`)}</section><section id="add">${card('Add an account', addForm(site, typed, refusal))}</section>`,
  };
}

async function people(site: Site, after: string | null): Promise<Fragment> {
  const read = await listPeople(site.reader, { limit: PEOPLE_PER_PAGE + 1, after });
  const shown = read.slice(0, PEOPLE_PER_PAGE);
  const now = site.engine.now();
  const rows = shown.map((person) => ({
    id: `person-${person.id}`,
    cells: [named(paths.creditAccount(person.id), person.name), credits(person.balanceMicrocredits), person.createdAt === 0 ? 'with the server' : ago(person.createdAt, now), html`<span class="mono none" title="${person.id}">${shortId(person.id)}</span>`],
  }));
  const columns = [{ head: 'Account', kind: 'wide' }, { head: 'Balance', kind: 'num' }, { head: 'Added', kind: 'num' }, { head: 'Id', kind: 'id' }] as const;
  const next = read.length > PEOPLE_PER_PAGE ? paths.creditAccounts({ after: shown.at(-1)?.name }) : null;
  return html`${table('Accounts of people', columns, rows)}${pager(after === null ? null : paths.creditAccounts(), next, { first: 'First', next: 'More' })}`;
}

function addForm(site: Site, typed: Typed, refusal: Refusal | null): Fragment {
  const starter = site.settings.starterMicrocredits;
  return html`${refusalNotice(refusal, ['name'])}<p>It gets ${starter === 0 ? 'no credits to start with' : `${creditsText(starter)} credits to start with`}, and an enrolment token of its own: machines that join with it belong to it. The token is shown once.</p>
<form method="post" action="${paths.creditAccounts()}" class="one-line" novalidate>${formKeyField(typed.key)}${field({ name: 'name', label: 'Name', value: typed.name, required: true, hint: 'What people call them; no two accounts share one.' }, refusal?.issues)}<button type="submit">Add</button></form>`;
}
