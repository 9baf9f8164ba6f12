import type { FastifyInstance } from 'fastify';
import { totalCount, type Brief } from '#core/brief.ts';
import { refuse } from '#core/errors.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { deleteBrief } from '#engine/delete-brief.ts';
import { TOPICS } from '#engine/engine.ts';
import { findBrief } from '#store/brief.ts';
import { findFamily } from '#store/family.ts';
import { html, type Fragment } from '#web/html.ts';
import { withAction } from '#web/own-address.ts';
import { refusalPage, registerPage, type Page, type Site } from '#web/page.ts';
import { actionButton } from '#web/parts/field.ts';
import { crumbs } from '#web/parts/identity.ts';
import { countOf, credits } from '#web/parts/number.ts';
import { paths } from '#web/paths.ts';

/** Deleting a brief cannot be undone, so a page says first what goes along and what stays. */
export function registerBriefDelete(app: FastifyInstance, site: Site): void {
  const path = paths.briefAction(':id', 'delete');
  registerPage(app, site, path, async (request) => {
    const brief = await findBrief(site.reader, (request.params as { id: string }).id);
    return brief === null ? refuse('brief_not_found').refusal : deletePage(site, brief);
  });
  app.post<{ Params: { id: string } }>(path, async (request, reply) => {
    const outcome = await deleteBrief(site.engine, LOCAL_ID, request.params.id);
    return outcome.ok ? reply.redirect(withAction(paths.briefs(), outcome.value.id), 303) : refusalPage(site, request, reply, outcome.refusal);
  });
}

function deletePage(site: Site, brief: Brief): Page {
  return {
    title: `Delete ${brief.title}`,
    section: 'briefs',
    address: paths.briefAction(brief.id, 'delete'),
    regions: [{ id: 'consequence', topics: [TOPICS.brief(brief.id)], render: () => consequence(site, brief) }],
    content: (region) => html`<section class="head"><div>${crumbs([paths.briefs(), 'Briefs'], [paths.brief(brief.id), brief.title])}<h1>Delete this brief?</h1></div></section>
<article>${region('consequence')}<p><strong>This cannot be undone.</strong></p><div class="actions">${actionButton(paths.briefAction(brief.id, 'delete'), 'Delete for good', 'danger')}<a href="${paths.familyExport(brief.familyId, { format: 'csv' })}" download>Keep its data as CSV first</a><a href="${paths.brief(brief.id)}">Leave it as it is</a></div></article>`,
  };
}

async function consequence(site: Site, first: Brief): Promise<Fragment> {
  const [brief, family] = await Promise.all([findBrief(site.reader, first.id), findFamily(site.reader, first.familyId)]);
  if (brief === null || family === null) return html`<p>It is deleted already.</p>`;
  const { counts, rollup } = family;
  const open = counts.pending + counts.running;
  const cancelled = open === 0 ? null : html`<li>It is not over: ${countOf(open, 'open task')} ${open === 1 ? 'is' : 'are'} cancelled by this${counts.running > 0 ? html`, ${countOf(counts.running, 'running one stops', 'running ones stop')} with the next heartbeat` : null}.</li>`;
  const tasks = totalCount(counts) === 0 ? html`<li>It has no tasks.</li>` : html`<li>${countOf(totalCount(counts), 'task')} with all attempts, learning curves and logs, ${countOf(rollup.n, 'value')} among them, go along.</li>`;
  return html`<ul>${cancelled}${tasks}<li>The ${credits(brief.spentMicrocredits)} credits it spent stay in the ledger, with its id, and so does what its workers earned.</li></ul>`;
}
