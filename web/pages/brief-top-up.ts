import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { isOver, type Brief, type Family } from '#core/brief.ts';
import { ERRORS, refuse, type Refusal } from '#core/errors.ts';
import { creditsToPay, MICROCREDITS } from '#core/ledger.ts';
import { topUpBrief } from '#engine/top-up-brief.ts';
import { issuesOf } from '#protocol/problem.ts';
import { between } from '#protocol/scalar.ts';
import { findBrief } from '#store/brief.ts';
import { findFamily } from '#store/family.ts';
import { formKey, formKeyField, onceOfForm } from '#web/form-once.ts';
import { html, type Fragment } from '#web/html.ts';
import { refusalPage, registerPage, sendPage, type Page, type Site } from '#web/page.ts';
import { badge } from '#web/parts/badge.ts';
import { exhaustedText, readMissing, type Missing } from '#web/parts/credits/missing.ts';
import { field, refusalNotice } from '#web/parts/field.ts';
import { crumbs } from '#web/parts/identity.ts';
import { countOf, credits } from '#web/parts/number.ts';
import { facts } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';

const form = z.object({ budget_credits: z.string().trim().min(1, 'is needed').transform(Number).pipe(between(0, 1e9)) });

/** A larger budget for a brief that has not ended: what is spent and held, what is missing, and how much it may cost from now on. */
export function registerBriefTopUp(app: FastifyInstance, site: Site): void {
  const path = paths.briefAction(':id', 'top-up');
  registerPage(app, site, path, async (request) => {
    const found = await findOpen(site, (request.params as { id: string }).id);
    return 'code' in found ? found : topUpPage(found, { key: formKey(site, null) }, null);
  });
  app.post<{ Params: { id: string } }>(path, async (request, reply) => {
    const found = await findOpen(site, request.params.id);
    if ('code' in found) return refusalPage(site, request, reply, found);
    const sent = (request.body ?? {}) as Record<string, unknown>;
    const key = formKey(site, sent['key']);
    const parsed = form.safeParse(sent);
    const again = (refusal: Refusal) => sendPage(site, request, reply, topUpPage(found, { ...sent, key }, refusal), ERRORS[refusal.code].status);
    if (!parsed.success) return again(refuse('invalid', undefined, issuesOf(parsed.error)).refusal);
    const topUp = { budgetMicrocredits: Math.round(parsed.data.budget_credits * MICROCREDITS) };
    const outcome = await topUpBrief(site.engine, found.brief.id, topUp, onceOfForm(`topping up ${found.brief.id}`, key, topUp));
    return outcome.ok ? reply.redirect(paths.brief(found.brief.id), 303) : again(outcome.refusal);
  });
}

type Found = { brief: Brief; family: Family; missing: Missing };

async function findOpen(site: Site, id: string): Promise<Found | Refusal> {
  const brief = await findBrief(site.reader, id);
  const family = brief === null ? null : await findFamily(site.reader, brief.familyId);
  if (brief === null || family === null) return refuse('brief_not_found').refusal;
  if (brief.state === 'draft') return refuse('brief_state', 'A draft is not topped up: edit its budget.').refusal;
  if (isOver(brief.state)) return refuse('brief_state', `A brief that is ${brief.state} cannot be topped up: add tasks to it.`).refusal;
  return { brief, family, missing: await readMissing(site.reader, brief, family) };
}

function topUpPage({ brief, family, missing }: Found, typed: Record<string, unknown>, refusal: Refusal | null): Page {
  const said = (name: string, otherwise: string): string => (typeof typed[name] === 'string' ? typed[name] : otherwise);
  const enough = brief.budgetMicrocredits + missing.ofBudget;
  return {
    title: `Top up ${brief.title}`,
    section: 'briefs',
    styles: ['credits.css'],
    address: paths.briefAction(brief.id, 'top-up'),
    regions: [],
    content: () => html`<section class="head"><div>${crumbs([paths.briefs(), 'Briefs'], [paths.brief(brief.id), brief.title])}<h1>Top up ${badge(brief.state)}</h1><p class="lead">${brief.state === 'exhausted' ? html`${exhaustedText(brief, missing)} Topped up, it goes on where it is.` : 'A larger budget pays for runs that fail and are tried again.'}</p></div></section>
${refusalNotice(refusal, ['budget_credits'])}
<article>${facts([['Budget', credits(brief.budgetMicrocredits)], ['Spent', credits(brief.spentMicrocredits)], ['Held for its tasks', credits(family.heldMicrocredits)], ['Missing', html`${credits(missing.forAll)} <small>for ${countOf(missing.open, 'open task')}</small>`], ['Its owner has', html`<a href="${paths.creditAccount(brief.ownerId)}">${credits(missing.balance)}</a>`]])}
<form method="post" action="${paths.briefAction(brief.id, 'top-up')}" autocomplete="off" class="spaced" novalidate>${formKeyField(said('key', ''))}
${field({ name: 'budget_credits', label: 'Budget of the brief, in credits', value: said('budget_credits', String(creditsToPay(enough))), type: 'number', min: 0, step: 'any', required: true, hint: html`${creditsToPay(enough)} is enough for its open tasks, if none of them fails and is paid for. It is never lowered here.` }, refusal?.issues)}
<p>${offer(missing)}</p><div class="actions"><button type="submit">Top up</button><a href="${paths.brief(brief.id)}">Leave it as it is</a></div></form></article>`,
  };
}

function offer({ forAll, ofBalance }: Missing): Fragment {
  if (ofBalance > 0) return html`The owner’s account lacks ${credits(ofBalance)}: an administrator can grant them first.`;
  return forAll === 0 ? html`All of its open tasks are paid for: nothing is held before it is needed.` : html`${credits(forAll)} credits go from its owner into its hold at once.`;
}
