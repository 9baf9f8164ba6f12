import type { FastifyInstance } from 'fastify';
import type { Brief } from '#core/brief.ts';
import { refuse, type Refusal } from '#core/errors.ts';
import { changeBrief } from '#engine/change-brief.ts';
import { editDraft } from '#engine/edit-draft.ts';
import { writeBriefFile } from '#protocol/brief-file.ts';
import { findBrief } from '#store/brief.ts';
import { findPackage } from '#store/experiment.ts';
import { findFamily } from '#store/family.ts';
import { refusalPage, registerPage, sendPage, type Page, type Site } from '#web/page.ts';
import { readTyped, textOf } from '#web/parts/brief-form/fields.ts';
import { checkTyped, typedLike } from '#web/parts/brief-form/typed.ts';
import { paths } from '#web/paths.ts';
import { previewedPage, readExperiments, readForm, refusedForm, type Form } from './brief-form.ts';

/** A draft in the form that it was written in, to be changed and launched; and any brief as a file. */
export function registerBriefEdit(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.briefEdit(':id'), async (request) => {
    const draft = await findDraft(site, (request.params as { id: string }).id);
    return 'code' in draft ? draft : editPage(site, draft);
  });
  app.post<{ Params: { id: string } }>(paths.briefEdit(':id'), async (request, reply) => {
    const draft = await findDraft(site, request.params.id);
    if ('code' in draft) return refusalPage(site, request, reply, draft);
    const typed = readTyped(request.body);
    const read = await readForm(site, typed, draft);
    const answered = 'form' in read ? await save(site, draft.id, read.form, textOf(typed, 'intent') === 'launch') : read;
    return 'page' in answered ? sendPage(site, request, reply, answered.page, answered.status) : reply.redirect(paths.brief(draft.id), 303);
  });
  app.get<{ Params: { id: string } }>(paths.briefFile(':id'), async (request, reply) => {
    const brief = await findBrief(site.reader, request.params.id);
    const family = brief === null ? null : await findFamily(site.reader, brief.familyId);
    const stored = family === null ? null : await findPackage(site.reader, family.packageSha256);
    if (brief === null || stored === null) return refusalPage(site, request, reply, refuse('brief_not_found').refusal);
    return reply
      .headers({ 'cache-control': 'private, no-cache', 'content-disposition': `attachment; filename="${brief.id}.yaml"` })
      .type('application/yaml; charset=utf-8')
      .send(writeBriefFile(brief, stored.experiment));
  });
}

async function findDraft(site: Site, id: string): Promise<Brief | Refusal> {
  const brief = await findBrief(site.reader, id);
  if (brief === null) return refuse('brief_not_found').refusal;
  return brief.state === 'draft' ? brief : refuse('brief_state', `Only a draft can be edited, and this brief is ${brief.state}. Clone it to ask for something else.`).refusal;
}

async function editPage(site: Site, draft: Brief): Promise<Page | Refusal> {
  const experiments = await readExperiments(site);
  const experiment = experiments.find((one) => one.name === draft.experiment);
  if (experiment === undefined) return refuse('not_found', `The experiment "${draft.experiment}" of this draft is no longer here, so it cannot be edited.`).refusal;
  return previewedPage(site, { experiments, experiment, typed: typedLike(draft, experiment), refusal: null, draft });
}

/** Stores the draft and, where asked, launches it: a launch that is refused leaves the draft as it was just stored. */
async function save(site: Site, briefId: string, form: Form, launch: boolean): Promise<{ briefId: string } | { page: Page; status: number }> {
  const { request, issues } = checkTyped(form.typed, form.experiment);
  if (request === null) return refusedForm(site, form, refuse('invalid', undefined, issues).refusal);
  const saved = await editDraft(site.engine, briefId, request);
  const outcome = saved.ok && launch ? await changeBrief(site.engine, briefId, 'launch') : saved;
  return outcome.ok ? { briefId } : refusedForm(site, form, outcome.refusal);
}
