import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { MOST_TASKS, totalCount, type Brief, type Family } from '#core/brief.ts';
import { ERRORS, refuse, type Refusal } from '#core/errors.ts';
import { creditsToPay, MICROCREDITS } from '#core/ledger.ts';
import { extendBrief, extensionPrice } from '#engine/extend-brief.ts';
import { issuesOf } from '#protocol/problem.ts';
import { between, whole } from '#protocol/scalar.ts';
import { findBrief } from '#store/brief.ts';
import { findFamily } from '#store/family.ts';
import { formKey, formKeyField, onceOfForm } from '#web/form-once.ts';
import { html } from '#web/html.ts';
import { refusalPage, registerPage, sendPage, type Page, type Site } from '#web/page.ts';
import { isExtendable } from '#web/parts/brief-actions.ts';
import { field, refusalNotice } from '#web/parts/field.ts';
import { crumbs } from '#web/parts/identity.ts';
import { count, countOf, credits, creditsText, duration } from '#web/parts/number.ts';
import { paths } from '#web/paths.ts';

const form = z.object({
  num_tasks: z.coerce.number('must be a whole number').pipe(whole(1, MOST_TASKS)),
  budget_credits: z.union([z.literal('').transform(() => null), z.coerce.number('must be a number').pipe(between(0, 1e9))]).default(null),
});

/** More tasks for a brief: how many, and the budget that pays for them. */
export function registerBriefExtend(app: FastifyInstance, site: Site): void {
  const path = paths.briefAction(':id', 'extend');
  registerPage(app, site, path, async (request) => {
    const found = await findExtendable(site, (request.params as { id: string }).id);
    return 'code' in found ? found : extendPage(found, { key: formKey(site, null) }, null);
  });
  app.post<{ Params: { id: string } }>(path, async (request, reply) => {
    const found = await findExtendable(site, request.params.id);
    if ('code' in found) return refusalPage(site, request, reply, found);
    const sent = (request.body ?? {}) as Record<string, unknown>;
    const key = formKey(site, sent['key']);
    const typed = { ...sent, key };
    const parsed = form.safeParse(typed);
    const again = (refusal: Refusal) => sendPage(site, request, reply, extendPage(found, typed, refusal), ERRORS[refusal.code].status);
    if (!parsed.success) return again(refuse('invalid', undefined, issuesOf(parsed.error)).refusal);
    const { num_tasks: numTasks, budget_credits: budget } = parsed.data;
    const extension = { numTasks, budgetMicrocredits: budget === null ? null : Math.round(budget * MICROCREDITS) };
    const outcome = await extendBrief(site.engine, found.brief.id, extension, onceOfForm(`adding tasks to ${found.brief.id}`, key, extension));
    return outcome.ok ? reply.redirect(paths.brief(found.brief.id), 303) : again(outcome.refusal);
  });
}

type Found = { brief: Brief; family: Family };

async function findExtendable(site: Site, id: string): Promise<Found | Refusal> {
  const brief = await findBrief(site.reader, id);
  const family = brief === null ? null : await findFamily(site.reader, brief.familyId);
  if (brief === null || family === null) return refuse('brief_not_found').refusal;
  return isExtendable(brief.state) ? { brief, family } : refuse('brief_state', `A brief that is ${brief.state} cannot have more tasks.`).refusal;
}

function extendPage({ brief, family }: Found, typed: Record<string, unknown>, refusal: Refusal | null): Page {
  const said = (name: string, otherwise: string): string => (typeof typed[name] === 'string' ? typed[name] : otherwise);
  const before = totalCount(family.counts);
  const suggested = Math.min(brief.numTasks, Math.max(1, MOST_TASKS - before));
  const asked = Number(said('num_tasks', ''));
  const numTasks = Number.isInteger(asked) && asked >= 1 && asked <= MOST_TASKS ? asked : suggested;
  const { neededMicrocredits, priceMicrocredits, budgetMicrocredits } = extensionPrice(brief, family, numTasks);
  const isEnough = neededMicrocredits <= budgetMicrocredits;
  const each = priceMicrocredits / numTasks;
  const offer = isEnough
    ? html`${countOf(numTasks, 'task')} more cost ${credits(priceMicrocredits)} credits; the budget of ${credits(budgetMicrocredits)} covers them.`
    : html`${countOf(numTasks, 'task')} more cost ${credits(priceMicrocredits)} credits. With the ${count(before)} it has, all cost ${credits(neededMicrocredits)}; the budget is ${credits(budgetMicrocredits)}.`;
  const issues = refusal?.issues ?? [];
  return {
    title: `Add tasks to ${brief.title}`,
    section: 'briefs',
    address: paths.briefAction(brief.id, 'extend'),
    regions: [],
    content: () => html`<section class="head"><div>${crumbs([paths.briefs(), 'Briefs'], [paths.brief(brief.id), brief.title])}<h1>Add tasks</h1>
<p class="lead">The strategy ${brief.strategy.name} goes on where it was: configurations that were not tried yet${brief.replicates > 1 ? html`, ${countOf(brief.replicates, 'seed')} each` : null}. ${family.counts.pending + family.counts.running === 0 ? 'The brief runs again.' : null}</p></div></section>
${refusalNotice(refusal, ['num_tasks', 'budget_credits'])}
<article><form method="post" action="${paths.briefAction(brief.id, 'extend')}" autocomplete="off">${formKeyField(said('key', ''))}<div class="form-grid">
${field({ name: 'num_tasks', label: 'Tasks to add', value: said('num_tasks', String(suggested)), type: 'number', min: 1, max: MOST_TASKS, step: 1, required: true, hint: `${creditsText(each)} credits each, for ${duration(brief.timeBudgetSeconds * 1000)} of training.` }, issues)}
${field({ name: 'budget_credits', label: 'Budget of the brief, in credits', value: said('budget_credits', String(creditsToPay(Math.max(neededMicrocredits, budgetMicrocredits)))), type: 'number', min: 0, step: 'any', hint: 'All of its tasks cost at most this; it is never lowered here.' }, issues)}
</div><p>${offer}</p><div class="actions"><button type="submit">Add tasks</button><a href="${paths.brief(brief.id)}">Leave it as it is</a></div></form></article>`,
  };
}
