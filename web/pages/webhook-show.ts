import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { EVENT_KINDS, type Delivery, type Webhook } from '#core/event.ts';
import { ERRORS, refuse, type Refusal } from '#core/errors.ts';
import { changeWebhook, testWebhook } from '#engine/change-webhook.ts';
import { TOPICS } from '#engine/engine.ts';
import { id } from '#protocol/scalar.ts';
import { findWebhook, listDeliveries } from '#store/webhook.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import { refusalPage, registerPage, sendPage, type Page, type Site } from '#web/page.ts';
import { actionButton, refusalNotice } from '#web/parts/field.ts';
import { copyable, crumbs } from '#web/parts/identity.ts';
import { ago } from '#web/parts/moment.ts';
import { count } from '#web/parts/number.ts';
import { card, emptyState, facts, pager, table } from '#web/parts/table.ts';
import { paths, type WebhookVerb } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';
import { kindsText, webhookBadge } from './webhook-list.ts';

const DELIVERIES_PER_PAGE = 50;
/** The secret can be read for this long after the webhook was added, on its own page and nowhere else. */
const SECRET_SHOWN_MS = 5 * 60_000;

const querySchema = z.object({ before: id.optional() });

/** One webhook: what was sent to it and how that went, and what can be done with it. */
export function registerWebhookShow(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.webhook(':id'), async (request) => {
    const query = readQuery(querySchema, request);
    return query.ok ? webhookPage(site, (request.params as { id: string }).id, query.value.before ?? null, null) : query.refusal;
  });
  for (const verb of ['test', 'enable', 'disable', 'delete'] satisfies WebhookVerb[]) {
    const path = paths.webhookAction(':id', verb);
    // A refusal is shown at the action's own address; loading that again leads back to the webhook.
    app.get<{ Params: { id: string } }>(path, async (request, reply) => reply.redirect(paths.webhook(request.params.id), 303));
    app.post<{ Params: { id: string } }>(path, async (request, reply) => {
      const { id: webhookId } = request.params;
      const outcome = verb === 'test' ? await testWebhook(site.engine, webhookId) : await changeWebhook(site.engine, webhookId, verb);
      if (outcome.ok) return reply.redirect(verb === 'delete' ? paths.webhooks() : paths.webhook(webhookId), 303);
      const page = await webhookPage(site, webhookId, null, outcome.refusal);
      return 'code' in page ? refusalPage(site, request, reply, page) : sendPage(site, request, reply, page, ERRORS[outcome.refusal.code].status);
    });
  }
}

async function webhookPage(site: Site, webhookId: string, before: string | null, refusal: Refusal | null): Promise<Page | Refusal> {
  const webhook = await findWebhook(site.reader, webhookId);
  if (webhook === null) return refuse('webhook_not_found').refusal;
  return {
    title: 'Webhook',
    section: 'settings',
    address: paths.webhook(webhookId, { before }),
    regions: [
      { id: 'facts', topics: [TOPICS.webhook(webhookId)], render: async () => factsCard(site, (await findWebhook(site.reader, webhookId)) ?? webhook) },
      { id: 'deliveries', topics: [TOPICS.webhook(webhookId)], render: () => deliveryTable(site, webhookId, before) },
    ],
    content: (region) => html`<section class="head"><div>${crumbs([paths.settings(), 'Settings'], [paths.webhooks(), 'Webhooks'])}<h1>${new URL(webhook.address).host}</h1></div></section>
${refusalNotice(refusal)}${secretNotice(webhook, site.engine.now())}<section>${region('facts')}</section><section>${card('Sent', region('deliveries'))}</section>
<section>${card('Delete', html`<p class="fine">What waits to be sent is dropped, and the record above goes along. This cannot be undone.</p><div class="actions">${actionButton(paths.webhookAction(webhookId, 'delete'), 'Delete this webhook', 'danger')}</div>`)}</section>`,
  };
}

function secretNotice(webhook: Webhook, now: number): Fragment {
  if (now - webhook.createdAt > SECRET_SHOWN_MS) return nothing;
  return html`<div class="notice warn"><p>This is the secret with which every message is signed. Copy it now: it is shown here for five minutes and never again.</p>${copyable('secret', webhook.secret, 'Secret of the webhook')}</div>`;
}

function factsCard(site: Site, webhook: Webhook): Fragment {
  const test = webhook.enabled ? actionButton(paths.webhookAction(webhook.id, 'test'), 'Send a test') : null;
  const turn = webhook.enabled ? actionButton(paths.webhookAction(webhook.id, 'disable'), 'Switch off') : actionButton(paths.webhookAction(webhook.id, 'enable'), 'Switch on', 'primary');
  return card(
    html`Webhook ${webhookBadge(webhook)}`,
    facts([['Address', html`<code>${webhook.address}</code>`], ['Kinds', kindsText(webhook.kinds)], ['Added', ago(webhook.createdAt, site.engine.now())]]),
    html`<div class="actions">${test}${turn}</div>`,
  );
}

async function deliveryTable(site: Site, webhookId: string, before: string | null): Promise<Fragment> {
  const read = await listDeliveries(site.reader, webhookId, { limit: DELIVERIES_PER_PAGE + 1, before });
  const shown = read.slice(0, DELIVERIES_PER_PAGE);
  if (shown.length === 0) return emptyState('Nothing has been sent yet', 'Send a test to see whether it arrives.');
  const now = site.engine.now();
  const columns = [{ head: 'When', kind: 'num' }, { head: 'What' }, { head: 'State' }, { head: 'Tries', kind: 'num' }, { head: 'Status', kind: 'num' }, { head: 'Last error', kind: 'wide' }] as const;
  const rows = shown.map((delivery) => ({
    id: `delivery-${delivery.id}`,
    cells: [ago(delivery.createdAt, now), delivery.kind === 'test' ? 'Test' : EVENT_KINDS[delivery.kind], stateOf(delivery, now), count(delivery.tries), delivery.lastStatus === null ? html`<span class="none">–</span>` : String(delivery.lastStatus), delivery.lastError],
  }));
  return html`${table('Sent', columns, rows)}${pager(before === null ? null : paths.webhook(webhookId), read.length > DELIVERIES_PER_PAGE ? paths.webhook(webhookId, { before: shown.at(-1)?.id }) : null)}`;
}

function stateOf({ state, tries, nextTryAt }: Delivery, now: number): Fragment {
  const seconds = Math.max(0, Math.round((nextTryAt - now) / 1000));
  const again = state === 'waiting' && tries > 0 ? html`<small>next try in about ${seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`}</small>` : null;
  return html`<span class="badge ${state}">${state}</span>${again}`;
}
