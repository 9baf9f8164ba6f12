import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Brief, Family } from '#core/brief.ts';
import { ERRORS, refuse, type Refusal } from '#core/errors.ts';
import { creditsToPay, MICROCREDITS } from '#core/ledger.ts';
import { listContenders, type Contender } from '#core/stats/ranking.ts';
import { confirmTasks } from '#engine/confirm-tasks.ts';
import { extensionPrice } from '#engine/extend-brief.ts';
import { issuesOf } from '#protocol/problem.ts';
import { between, id, whole } from '#protocol/scalar.ts';
import { findBrief } from '#store/brief.ts';
import { findFamily } from '#store/family.ts';
import { formKey, formKeyField, onceOfForm } from '#web/form-once.ts';
import { html, type Fragment } from '#web/html.ts';
import { refusalPage, registerPage, sendPage, type Page, type Site } from '#web/page.ts';
import { leaderName } from '#web/parts/answer.ts';
import { isExtendable } from '#web/parts/brief-actions.ts';
import { readTyped, textOf, type Typed } from '#web/parts/brief-form/fields.ts';
import { field, refusalNotice } from '#web/parts/field.ts';
import { crumbs } from '#web/parts/identity.ts';
import { count, countOf, creditsText, measured } from '#web/parts/number.ts';
import { readRuns } from '#web/parts/pictures/runs.ts';
import { readStanding } from '#web/parts/standing.ts';
import { emptyState } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';

const MOST_OFFERED = 8;
const MOST_CHOSEN = 3;
const USUAL_SEEDS = 3;

const form = z.object({
  tasks: z.array(id).min(1, 'choose at least one configuration').max(MOST_OFFERED),
  seeds: z.coerce.number('must be a whole number').pipe(whole(1, 100)),
  budget_credits: z.union([z.literal('').transform(() => null), z.coerce.number('must be a number').pipe(between(0, 1e9))]).default(null),
});

type Found = { brief: Brief; family: Family; offered: Contender[]; chosen: string[] };

/** Running what looks best again with fresh seeds: which configurations, how many seeds, and what it costs. */
export function registerBriefConfirm(app: FastifyInstance, site: Site): void {
  const path = paths.briefAction(':id', 'confirm');
  registerPage(app, site, path, async (request) => {
    const found = await find(site, (request.params as { id: string }).id);
    return 'code' in found ? found : confirmPage(found, { key: [formKey(site, null)] }, null);
  });
  app.post<{ Params: { id: string } }>(path, async (request, reply) => {
    const found = await find(site, request.params.id);
    if ('code' in found) return refusalPage(site, request, reply, found);
    const sent = readTyped(request.body);
    const key = formKey(site, textOf(sent, 'key'));
    const typed: Typed = { ...sent, key: [key] };
    const again = (refusal: Refusal) => sendPage(site, request, reply, confirmPage(found, typed, refusal), ERRORS[refusal.code].status);
    const parsed = form.safeParse({ tasks: typed['tasks'] ?? [], seeds: textOf(typed, 'seeds'), budget_credits: textOf(typed, 'budget_credits') });
    if (!parsed.success) return again(refuse('invalid', undefined, issuesOf(parsed.error)).refusal);
    const { tasks: taskIds, seeds, budget_credits: budget } = parsed.data;
    const confirmation = { taskIds, seeds, budgetMicrocredits: budget === null ? null : Math.round(budget * MICROCREDITS) };
    const outcome = await confirmTasks(site.engine, found.brief.id, confirmation, onceOfForm(`confirming ${found.brief.id}`, key, confirmation));
    return outcome.ok ? reply.redirect(paths.brief(found.brief.id), 303) : again(outcome.refusal);
  });
}

/** The best configurations, and those of them that are worth confirming: the leader and its ties, or the best few. */
async function find(site: Site, briefId: string): Promise<Found | Refusal> {
  const brief = await findBrief(site.reader, briefId);
  const family = brief === null ? null : await findFamily(site.reader, brief.familyId);
  if (brief === null || family === null) return refuse('brief_not_found').refusal;
  if (!isExtendable(brief.state)) return refuse('brief_state', `A brief that is ${brief.state} cannot have more tasks.`).refusal;
  const [runs, standing] = await Promise.all([readRuns(site.reader, family), readStanding(site.reader, family)]);
  const best = listContenders(runs, family.metric);
  const first = (one: Contender): string => one.runs[0]?.id ?? '';
  const close = standing === null || standing.noise === null ? best : [standing.leader, ...standing.tied];
  const chosen = close.slice(0, MOST_CHOSEN).map(first);
  const offered = [...best.filter((one) => chosen.includes(first(one))), ...best.filter((one) => !chosen.includes(first(one)))].slice(0, MOST_OFFERED);
  return { brief, family, offered, chosen };
}

function confirmPage({ brief, family, offered, chosen }: Found, typed: Typed, refusal: Refusal | null): Page {
  const said = (name: string, otherwise: string) => (typed[name] === undefined ? otherwise : textOf(typed, name));
  const picked = refusal === null ? chosen : (typed['tasks'] ?? []);
  const seeds = Number(said('seeds', String(USUAL_SEEDS)));
  const { neededMicrocredits, priceMicrocredits, budgetMicrocredits } = extensionPrice(brief, family, Math.max(1, picked.length) * (Number.isInteger(seeds) && seeds > 0 && seeds <= 100 ? seeds : USUAL_SEEDS));
  const budget = creditsToPay(Math.max(neededMicrocredits, budgetMicrocredits));
  const issues = refusal?.issues ?? [];
  const box = (one: Contender): Fragment => {
    const task = one.runs[0]?.id ?? '';
    return html`<label><input type="checkbox" name="tasks" value="${task}"${picked.includes(task) ? html` checked` : null}>${leaderName(one.config, brief.space)} <span class="fine">${family.metric.name} ${measured(one.rollup.mean)}, n = ${count(one.rollup.n)}</span></label>`;
  };
  const body = html`<form method="post" action="${paths.briefAction(brief.id, 'confirm')}" autocomplete="off">${formKeyField(textOf(typed, 'key'))}<fieldset class="confirmed"><legend>Configurations to run again</legend>${offered.map(box)}</fieldset><div class="form-grid">
${field({ name: 'seeds', label: 'Fresh seeds each', value: said('seeds', String(USUAL_SEEDS)), type: 'number', min: 1, max: 100, step: 1, required: true, hint: 'None that a task of this brief had.' }, issues)}
${field({ name: 'budget_credits', label: 'Budget of the brief, in credits', value: said('budget_credits', String(budget)), type: 'number', min: 0, step: 'any', hint: 'All of its tasks cost at most this; it is never lowered here.' }, issues)}
</div><p>As chosen above, ${countOf(Math.max(1, picked.length), 'configuration')} cost ${creditsText(priceMicrocredits)} credits more; the brief has ${creditsText(budgetMicrocredits)}.</p><div class="actions"><button type="submit">Run them again</button><a href="${paths.brief(brief.id)}">Leave it as it is</a></div></form>`;
  return {
    title: `Confirm the best of ${brief.title}`,
    section: 'briefs',
    address: paths.briefAction(brief.id, 'confirm'),
    regions: [],
    content: () => html`<section class="head"><div>${crumbs([paths.briefs(), 'Briefs'], [paths.brief(brief.id), brief.title])}<h1>Confirm with fresh seeds</h1><p class="lead">What looks best after one run may have been lucky. Several seeds tell how much of a difference is noise.</p></div></section>
${refusalNotice(refusal, ['seeds', 'budget_credits'])}<article>${offered.length === 0 ? emptyState('Nothing to confirm yet', 'No task of this brief has a value.') : body}</article>`,
  };
}
