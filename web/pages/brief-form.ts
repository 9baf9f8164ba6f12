import { refuse, ERRORS, type Refusal } from '#core/errors.ts';
import type { Experiment } from '#core/experiment.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { planBrief } from '#engine/submit-brief.ts';
import { readBriefFile } from '#protocol/brief-file.ts';
import { listExperiments } from '#store/experiment.ts';
import { listWaitingFamilies } from '#store/family.ts';
import { findBalances } from '#store/ledger.ts';
import { listWorkers } from '#store/worker.ts';
import { formKey } from '#web/form-once.ts';
import { html, nothing, type Content, type Fragment } from '#web/html.ts';
import type { Page, Site } from '#web/page.ts';
import { textOf, type Typed } from '#web/parts/brief-form/fields.ts';
import { fileForm } from '#web/parts/brief-form/file-form.ts';
import { briefForm, type Draft } from '#web/parts/brief-form/form.ts';
import { noPreview, previewCard, refusedPreview } from '#web/parts/brief-form/preview.ts';
import { resetParameter } from '#web/parts/brief-form/space-typed.ts';
import { checkTyped, typedFor, typedOfRequest } from '#web/parts/brief-form/typed.ts';
import { crumbs } from '#web/parts/identity.ts';
import { emptyState } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';

const MOST_EXPERIMENTS = 1000;
const MOST_WORKERS = 500;
const MOST_WAITING = 50;

/** What a form is about: what stands in it, which experiment it shows, and the draft that it edits, if any. */
export type Form = { experiments: readonly Experiment[]; experiment: Experiment; typed: Typed; refusal: Refusal | null; draft: Draft | null };

/** A page to show, with its status; or the form, to be stored as it is. */
export type Read = { page: Page; status: number } | { form: Form };

/** Reads a submitted form, and answers every button of it that stores nothing. */
export async function readForm(site: Site, typed: Typed, draft: Draft | null): Promise<Read> {
  const experiments = await readExperiments(site);
  const [standard] = experiments;
  if (standard === undefined) return { page: noExperiments(), status: 422 };
  if (textOf(typed, 'intent') === 'file') return readFile(site, experiments, standard, typed, draft);
  const experiment = experiments.find((one) => one.name === textOf(typed, 'experiment'));
  const shown = experiments.find((one) => one.name === textOf(typed, 'shown_experiment')) ?? null;
  if (experiment === undefined) {
    const refusal = refuse('invalid_brief', undefined, [{ path: 'experiment', message: 'is not an experiment of this server' }]).refusal;
    return { page: formPage(site, { experiments, experiment: standard, typed, refusal, draft }), status: 422 };
  }
  const form: Form = { experiments, experiment, typed, refusal: null, draft };
  const intent = textOf(typed, 'intent');
  // The fields of the space belong to the experiment that was shown: another one's are shown before anything is run.
  if (intent === 'experiment' || (shown !== null && shown !== experiment)) {
    const notice = html`<p class="notice">This is now the search space of ${experiment.title}. Look it over, then go on.</p>`;
    return { page: await previewedPage(site, { ...form, typed: typedFor(typed, experiment, shown) }, notice), status: 200 };
  }
  if (intent.startsWith('reset:')) return { page: await previewedPage(site, { ...form, typed: resetParameter(typed, experiment.space, intent.slice('reset:'.length)) }), status: 200 };
  if (intent !== 'preview') return { form };
  const card = await previewOf(site, form);
  return 'code' in card ? refusedForm(site, form, card) : { page: formPage(site, form, { preview: card }), status: 200 };
}

/** The form with its preview, as far as what stands in it can be previewed. */
export async function previewedPage(site: Site, form: Form, notice: Content = nothing): Promise<Page> {
  const card = await previewOf(site, form);
  return formPage(site, form, { notice, preview: 'code' in card ? undefined : card });
}

/** The preview alone, for a form that is still being typed: what it would become, or what it lacks for that. */
export async function livePreview(site: Site, typed: Typed): Promise<Fragment> {
  const experiments = await readExperiments(site);
  const experiment = experiments.find((one) => one.name === textOf(typed, 'experiment'));
  if (experiment === undefined) return refusedPreview([{ path: 'experiment', message: 'is not an experiment of this server' }], null);
  if (textOf(typed, 'shown_experiment') !== experiment.name) return refusedPreview([{ path: 'experiment', message: 'has another search space: have it shown first' }], null);
  const card = await previewOf(site, { experiments, experiment, typed, refusal: null, draft: null });
  return 'code' in card ? refusedPreview(card.issues.length === 0 ? [{ path: '', message: card.detail }] : card.issues, experiment.space) : card;
}

/** The form again, with what is wrong. */
export function refusedForm(site: Site, form: Form, refusal: Refusal): { page: Page; status: number } {
  return { page: formPage(site, { ...form, refusal }), status: ERRORS[refusal.code].status };
}

/** The page of a form, or of why there is none to show. */
export function formPage(site: Site, form: Form, around: { notice?: Content; preview?: Content; file?: Content } = {}): Page {
  const name = form.draft === null ? 'New brief' : 'Edit draft';
  const above = form.draft === null ? crumbs([paths.briefs(), 'Briefs']) : crumbs([paths.briefs(), 'Briefs'], [paths.brief(form.draft.id), form.draft.title]);
  return {
    title: form.refusal === null ? name : `${name}: not valid`,
    section: 'briefs',
    styles: ['brief-form.css'],
    address: form.draft === null ? paths.briefNew() : paths.briefEdit(form.draft.id),
    regions: [],
    scripts: ['brief-form.js'],
    content: () => html`<section class="head"><div>${above}<h1>${name}</h1><p class="lead">Ask which configuration gives the best value within a budget.</p></div></section>${around.notice}${around.file ?? fileForm(form.draft, '', [])}${briefForm({ ...form, key: formKey(site, textOf(form.typed, 'key')), preview: around.preview ?? noPreview() })}`,
  };
}

/** The page that stands in for a form where there is nothing to run. */
export function noExperiments(): Page {
  const explanation = html`A brief runs an experiment: a folder with a script and an <code>experiment.yaml</code>. This server has none.`;
  const content = () => html`<section class="head"><div>${crumbs([paths.briefs(), 'Briefs'])}<h1>New brief</h1></div></section><article>${emptyState('No experiments yet', explanation, html`<a href="${paths.experiments()}">How to add one</a>`)}</article>`;
  return { title: 'New brief', section: 'briefs', address: paths.briefNew(), regions: [], content };
}

/** The experiments that a brief can run, as their folders are now. */
export async function readExperiments(site: Site): Promise<Experiment[]> {
  await site.engine.refreshExperiments();
  return (await listExperiments(site.reader, MOST_EXPERIMENTS)).map((one) => one.experiment);
}

/** The form filled from the text of a file, or the file again with what is wrong at its lines. */
async function readFile(site: Site, experiments: readonly Experiment[], standard: Experiment, typed: Typed, draft: Draft | null): Promise<Read> {
  const text = textOf(typed, 'file');
  const file = readBriefFile(text);
  const experiment = file.request === null ? undefined : experiments.find((one) => one.name === file.request?.experiment);
  if (file.request !== null && experiment === undefined) file.issues.push({ path: 'experiment', line: file.locate('experiment'), message: `"${file.request.experiment}" is not an experiment of this server` });
  if (file.request === null || experiment === undefined) {
    const empty: Form = { experiments, experiment: standard, typed: {}, refusal: null, draft };
    return { page: { ...formPage(site, empty, { file: fileForm(draft, text, file.issues) }), content: () => html`<section class="head"><div>${crumbs([paths.briefs(), 'Briefs'])}<h1>Brief from a file</h1></div></section>${fileForm(draft, text, file.issues)}<p><a href="${paths.briefNew()}">Fill in the form instead</a></p>` }, status: 422 };
  }
  const form: Form = { experiments, experiment, typed: typedOfRequest(file.request, experiment), refusal: null, draft };
  const planned = await planBrief(site.engine, file.request);
  if (planned.ok) return { page: await previewedPage(site, form, html`<p class="notice">The form below is filled in from the file. Nothing is stored yet.</p>`), status: 200 };
  const issues = planned.refusal.issues.map((issue) => ({ ...issue, line: file.locate(issue.path) }));
  return { page: formPage(site, { ...form, refusal: planned.refusal }, { file: fileForm(draft, text, issues) }), status: 422 };
}

async function previewOf(site: Site, form: Form): Promise<Fragment | Refusal> {
  const untitled = textOf(form.typed, 'title').trim() === '';
  const { request, issues } = checkTyped(form.typed, form.experiment, untitled ? { title: 'Preview' } : {});
  if (request === null) return refuse('invalid', undefined, issues).refusal;
  const planned = await planBrief(site.engine, request);
  if (!planned.ok) return planned.refusal;
  const [workers, waiting, balances] = await Promise.all([listWorkers(site.reader, { limit: MOST_WORKERS, before: null }), listWaitingFamilies(site.reader, { limit: MOST_WAITING, after: null }), findBalances(site.reader, [LOCAL_ID])]);
  return previewCard({ request, balance: balances.get(LOCAL_ID) ?? 0, plan: planned.value, workers, waiting: waiting.length, now: site.engine.now(), heartbeatMs: site.engine.settings.heartbeatMs });
}
