import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { refuse, type Refusal } from '#core/errors.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { submitBrief } from '#engine/submit-brief.ts';
import { id, output } from '#protocol/scalar.ts';
import { findBrief } from '#store/brief.ts';
import { formKey, onceOfForm } from '#web/form-once.ts';
import { registerPage, sendPage, type Page, type Site } from '#web/page.ts';
import { readTyped, textOf } from '#web/parts/brief-form/fields.ts';
import { checkTyped, freshTyped, typedLike } from '#web/parts/brief-form/typed.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';
import { livePreview, noExperiments, previewedPage, readExperiments, readForm, refusedForm, type Form } from './brief-form.ts';

const newQuery = z.object({ from: id.optional(), experiment: output(64).optional() });

/** The form for a new brief, empty or like an existing one; its own route takes it, previews it or says what is wrong. */
export function registerBriefNew(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.briefNew(), async (request) => {
    const query = readQuery(newQuery, request);
    return query.ok ? emptyForm(site, query.value.from ?? null, query.value.experiment ?? null) : query.refusal;
  });
  app.post(paths.briefs(), async (request, reply) => {
    const read = await readForm(site, readTyped(request.body), null);
    const answered = 'form' in read ? await create(site, read.form) : read;
    if ('briefId' in answered) return reply.redirect(paths.brief(answered.briefId), 303);
    return sendPage(site, request, reply, answered.page, answered.status);
  });
  // For browsers that run scripts: the preview while the form is being typed.
  app.post(paths.briefPreview(), async (request, reply) => {
    const preview = await livePreview(site, readTyped(request.body));
    return reply.headers({ 'cache-control': 'no-store' }).type('text/html; charset=utf-8').send(String(preview));
  });
}

async function emptyForm(site: Site, from: string | null, named: string | null): Promise<Page | Refusal> {
  const experiments = await readExperiments(site);
  const [standard] = experiments;
  if (standard === undefined) return noExperiments();
  const around = { experiments, refusal: null, draft: null };
  if (from === null) {
    const experiment = experiments.find((one) => one.name === named) ?? standard;
    if (named !== null && experiment.name !== named) return refuse('not_found', `There is no experiment "${named}".`).refusal;
    return previewedPage(site, { ...around, experiment, typed: freshTyped(experiment) });
  }
  const brief = await findBrief(site.reader, from);
  if (brief === null) return refuse('brief_not_found').refusal;
  const experiment = experiments.find((one) => one.name === brief.experiment);
  if (experiment === undefined) return refuse('not_found', `The experiment "${brief.experiment}" of this brief is no longer here, so it cannot be cloned.`).refusal;
  return previewedPage(site, { ...around, experiment, typed: typedLike(brief, experiment) });
}

async function create(site: Site, form: Form): Promise<{ briefId: string } | { page: Page; status: number }> {
  const { request, issues } = checkTyped(form.typed, form.experiment);
  if (request === null) return refusedForm(site, form, refuse('invalid', undefined, issues).refusal);
  const outcome = await submitBrief(site.engine, LOCAL_ID, request, onceOfForm('a new brief', formKey(site, textOf(form.typed, 'key')), request));
  return outcome.ok ? outcome.value : refusedForm(site, form, outcome.refusal);
}
