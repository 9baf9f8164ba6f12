import type { FastifyInstance } from 'fastify';
import { EVENT_KINDS, type EventKind, type Webhook } from '#core/event.ts';
import { ERRORS, refuse, type Refusal } from '#core/errors.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { addWebhook } from '#engine/change-webhook.ts';
import { TOPICS } from '#engine/engine.ts';
import { MOST_WEBHOOKS } from '#engine/record-event.ts';
import { webhookInput } from '#protocol/event.ts';
import { issuesOf } from '#protocol/problem.ts';
import { listWebhooks } from '#store/webhook.ts';
import { between, html, type Fragment } from '#web/html.ts';
import { registerPage, sendPage, type Page, type Site } from '#web/page.ts';
import { field, refusalNotice } from '#web/parts/field.ts';
import { crumbs } from '#web/parts/identity.ts';
import { ago } from '#web/parts/moment.ts';
import { card, emptyState, table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';

/** What was typed into the form. */
type Typed = { address: string; kinds: string[] };

const UNTYPED: Typed = { address: '', kinds: Object.keys(EVENT_KINDS) };

/** Where notifications are sent by themselves, and the form that adds such an address. */
export function registerWebhookList(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.webhooks(), async () => webhookListPage(site, UNTYPED, null));
  app.post(paths.webhooks(), async (request, reply) => {
    const body = (request.body ?? {}) as Record<string, unknown>;
    const typed: Typed = { address: typeof body['address'] === 'string' ? body['address'] : '', kinds: [body['kinds'] ?? []].flat().map(String) };
    const parsed = webhookInput.safeParse(typed);
    const outcome = parsed.success ? await addWebhook(site.engine, LOCAL_ID, parsed.data, site.settings.webhookAllow) : refuse('invalid', 'The webhook cannot be added as it is.', issuesOf(parsed.error));
    if (outcome.ok) return reply.redirect(paths.webhook(outcome.value.webhookId), 303);
    return sendPage(site, request, reply, webhookListPage(site, typed, outcome.refusal), ERRORS[outcome.refusal.code].status);
  });
}

function webhookListPage(site: Site, typed: Typed, refusal: Refusal | null): Page {
  return {
    title: 'Webhooks',
    section: 'settings',
    address: paths.webhooks(),
    regions: [{ id: 'webhooks', topics: [TOPICS.webhooks], render: () => webhookTable(site) }],
    content: (region) => html`<section class="head"><div>${crumbs([paths.settings(), 'Settings'], [paths.notifications(), 'Notifications'])}<h1>Webhooks</h1><p class="lead">Each notification is posted to these addresses as JSON, signed, and tried again for hours where it does not arrive.</p></div></section>
<section><article>${region('webhooks')}</article></section><section id="add">${card('Add a webhook', addForm(site, typed, refusal))}</section>`,
  };
}

async function webhookTable(site: Site): Promise<Fragment> {
  const webhooks = await listWebhooks(site.reader, MOST_WEBHOOKS);
  if (webhooks.length === 0) return emptyState('There is no webhook', 'Add the address of a program that shall hear of what happens, such as a chat or a pager.');
  const columns = [{ head: 'Address', kind: 'wide' }, { head: 'State' }, { head: 'Kinds', kind: 'wide' }, { head: 'Added', kind: 'num' }] as const;
  const rows = webhooks.map((webhook) => ({
    id: `webhook-${webhook.id}`,
    cells: [html`<a href="${paths.webhook(webhook.id)}">${webhook.address}</a>`, webhookBadge(webhook), kindsText(webhook.kinds), ago(webhook.createdAt, site.engine.now())],
  }));
  return table('Webhooks', columns, rows);
}

/** Whether a webhook is sent to. */
export function webhookBadge({ enabled }: Webhook): Fragment {
  return html`<span class="badge ${enabled ? 'on' : 'off'}">${enabled ? 'on' : 'off'}</span>`;
}

/** The kinds of event that a webhook asks for. */
export function kindsText(kinds: readonly EventKind[]): string {
  return kinds.length === Object.keys(EVENT_KINDS).length ? 'all' : kinds.map((kind) => EVENT_KINDS[kind].toLowerCase()).join(', ');
}

function addForm(site: Site, typed: Typed, refusal: Refusal | null): Fragment {
  const { entries } = site.settings.webhookAllow;
  const issues = refusal?.issues ?? [];
  const allowed = entries.length === 0 ? html`This server sends none yet: its setting <code>webhook_allow</code> (<code>XEENET_WEBHOOK_ALLOW</code>) must first name the hosts.` : html`Allowed: ${between(entries.map((entry) => html`<code>${entry}</code>`), ', ')}.`;
  const wrong = issues.filter((issue) => issue.path === 'kinds' || issue.path.startsWith('kinds.')).map((issue) => issue.message);
  const boxes = Object.entries(EVENT_KINDS).map(([kind, text]) => html`<label><input type="checkbox" name="kinds" value="${kind}"${typed.kinds.includes(kind) ? html` checked` : null}>${text}</label>`);
  return html`${refusalNotice(refusal, ['address', 'kinds'])}<form method="post" action="${paths.webhooks()}" novalidate>
${field({ name: 'address', label: 'Address', value: typed.address, required: true, hint: allowed }, issues)}
<fieldset class="choices"><legend>Kinds</legend>${boxes}${wrong.length === 0 ? null : html`<small class="wrong">${wrong.join('; ')}</small>`}</fieldset><button type="submit">Add</button></form>`;
}
