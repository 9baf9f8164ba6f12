import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ERRORS, refuse, type Refusal } from '#core/errors.ts';
import type { Experiment } from '#core/experiment.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { sha256 } from '#engine/id.ts';
import { planBrief, submitBrief } from '#engine/submit-brief.ts';
import { id, output } from '#protocol/scalar.ts';
import { findBrief } from '#store/brief.ts';
import { listExperiments } from '#store/experiment.ts';
import { listWorkers } from '#store/worker.ts';
import { html, nothing, type Content, type Fragment } from '#web/html.ts';
import { registerPage, sendPage, type Page, type Site } from '#web/page.ts';
import { readTyped, textOf, type Typed } from '#web/parts/brief-form/fields.ts';
import { briefForm } from '#web/parts/brief-form/form.ts';
import { previewCard } from '#web/parts/brief-form/preview.ts';
import { checkTyped, freshTyped, typedFor, typedLike } from '#web/parts/brief-form/typed.ts';
import { crumbs } from '#web/parts/identity.ts';
import { emptyState } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';

const MOST_EXPERIMENTS = 1000;
const MOST_WORKERS = 500;
const KEY = /^[0-9a-f]{32}$/;

const newQuery = z.object({ clone: id.optional(), experiment: output(64).optional() });

/** The form for a new brief, empty or like an existing one; its own route takes it, previews it or says what is wrong. */
export function registerBriefNew(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.briefNew(), async (request) => {
    const query = readQuery(newQuery, request);
    return query.ok ? emptyForm(site, query.value.clone ?? null, query.value.experiment ?? null) : query.refusal;
  });
  app.post(paths.briefs(), async (request, reply) => {
    const answered = await answerForm(site, readTyped(request.body));
    if ('briefId' in answered) return reply.redirect(paths.brief(answered.briefId), 303);
    return sendPage(site, request, reply, answered.page, answered.status);
  });
}

async function emptyForm(site: Site, clone: string | null, named: string | null): Promise<Page | Refusal> {
  const experiments = await readExperiments(site);
  const [standard] = experiments;
  if (standard === undefined) return noExperiments();
  if (clone === null) {
    const experiment = experiments.find((one) => one.name === named) ?? standard;
    if (named !== null && experiment.name !== named) return refuse('not_found', `There is no experiment "${named}".`).refusal;
    return previewedPage(site, { experiments, experiment, typed: freshTyped(experiment), refusal: null });
  }
  const brief = await findBrief(site.reader, clone);
  if (brief === null) return refuse('brief_not_found').refusal;
  const experiment = experiments.find((one) => one.name === brief.experiment);
  if (experiment === undefined) return refuse('not_found', `The experiment "${brief.experiment}" of this brief is no longer here, so it cannot be cloned.`).refusal;
  return previewedPage(site, { experiments, experiment, typed: typedLike(brief, experiment), refusal: null });
}

type Answered = { briefId: string } | { page: Page; status: number };

async function answerForm(site: Site, typed: Typed): Promise<Answered> {
  const experiments = await readExperiments(site);
  const [standard] = experiments;
  if (standard === undefined) return { page: noExperiments(), status: 422 };
  const experiment = experiments.find((one) => one.name === textOf(typed, 'experiment'));
  const shown = experiments.find((one) => one.name === textOf(typed, 'shown_experiment')) ?? null;
  if (experiment === undefined) {
    const refusal = refuse('invalid_brief', undefined, [{ path: 'experiment', message: 'is not an experiment of this server' }]).refusal;
    return { page: formPage(site, { experiments, experiment: standard, typed, refusal }), status: 422 };
  }
  const form = { experiments, experiment, typed, refusal: null };
  const intent = textOf(typed, 'intent');
  // The fields of the space belong to the experiment that was shown: another one's are shown before anything is run.
  if (intent === 'experiment' || (shown !== null && shown !== experiment)) {
    const notice = html`<p class="notice">This is now the search space of ${experiment.title}. Look it over, then go on.</p>`;
    return { page: await previewedPage(site, { ...form, typed: typedFor(typed, experiment, shown) }, notice), status: 200 };
  }
  return intent === 'preview' ? preview(site, form) : create(site, form);
}

async function create(site: Site, form: Form): Promise<Answered> {
  const { request, issues } = checkTyped(form.typed, form.experiment);
  if (request === null) return refused(site, form, refuse('invalid', undefined, issues).refusal);
  // The same form sent twice makes one brief; the same form sent again after an edit is a new wish.
  const requestSha256 = sha256(JSON.stringify(request));
  const once = { ownerId: LOCAL_ID, scope: 'form of a new brief', key: `${keyOf(site, form.typed)}-${requestSha256.slice(0, 32)}`, requestSha256 };
  const outcome = await submitBrief(site.engine, LOCAL_ID, request, once);
  return outcome.ok ? outcome.value : refused(site, form, outcome.refusal);
}

async function preview(site: Site, form: Form): Promise<Answered> {
  const card = await previewOf(site, form);
  return 'code' in card ? refused(site, form, card) : { page: formPage(site, form, { preview: card }), status: 200 };
}

/** The form with its preview, as far as what stands in it can be previewed. */
async function previewedPage(site: Site, form: Form, notice: Content = nothing): Promise<Page> {
  const card = await previewOf(site, form);
  return formPage(site, form, { notice, preview: 'code' in card ? nothing : card });
}

async function previewOf(site: Site, form: Form): Promise<Fragment | Refusal> {
  const untitled = textOf(form.typed, 'title').trim() === '';
  const { request, issues } = checkTyped(form.typed, form.experiment, untitled ? { title: 'Preview' } : {});
  if (request === null) return refuse('invalid', undefined, issues).refusal;
  const planned = await planBrief(site.engine, request);
  if (!planned.ok) return planned.refusal;
  const workers = await listWorkers(site.reader, { limit: MOST_WORKERS, before: null });
  return previewCard({ request, plan: planned.value, workers, now: site.engine.now(), heartbeatMs: site.engine.settings.heartbeatMs });
}

function refused(site: Site, form: Form, refusal: Refusal): Answered {
  return { page: formPage(site, { ...form, refusal }), status: ERRORS[refusal.code].status };
}

type Form = { experiments: readonly Experiment[]; experiment: Experiment; typed: Typed; refusal: Refusal | null };

function formPage(site: Site, form: Form, around: { notice?: Content; preview?: Content } = {}): Page {
  return {
    title: form.refusal === null ? 'New brief' : 'New brief: not valid',
    section: 'briefs',
    address: paths.briefNew(),
    regions: [],
    content: () => html`${head()}${around.notice}${briefForm({ ...form, key: keyOf(site, form.typed), preview: around.preview ?? nothing })}`,
  };
}

function noExperiments(): Page {
  const explanation = html`A brief runs an experiment: a folder with a script and an <code>experiment.yaml</code>. This server has none.`;
  return { title: 'New brief', section: 'briefs', address: paths.briefNew(), regions: [], content: () => html`${head()}<article>${emptyState('No experiments yet', explanation, html`<a href="${paths.experiments()}">How to add one</a>`)}</article>` };
}

function head(): Fragment {
  return html`<section class="head"><div>${crumbs([paths.briefs(), 'Briefs'])}<h1>New brief</h1><p class="lead">Ask which configuration gives the best value within a budget.</p></div></section>`;
}

function keyOf(site: Site, typed: Typed): string {
  const key = textOf(typed, 'key');
  return KEY.test(key) ? key : Buffer.from(site.engine.randomBytes(16)).toString('hex');
}

async function readExperiments(site: Site): Promise<Experiment[]> {
  await site.engine.refreshExperiments();
  return (await listExperiments(site.reader, MOST_EXPERIMENTS)).map((one) => one.experiment);
}
