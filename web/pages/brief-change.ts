import type { FastifyInstance } from 'fastify';
import { stateAfter, type Brief, type BriefAction } from '#core/brief.ts';
import { ERRORS, refuse, type Refusal } from '#core/errors.ts';
import { TOPICS } from '#engine/engine.ts';
import { changeBrief } from '#engine/change-brief.ts';
import { findBrief } from '#store/brief.ts';
import { findFamily } from '#store/family.ts';
import { html, type Fragment } from '#web/html.ts';
import { withAction } from '#web/own-address.ts';
import { refusalPage, registerPage, sendPage, type Page, type Site } from '#web/page.ts';
import { crumbs } from '#web/parts/identity.ts';
import { countOf } from '#web/parts/number.ts';
import { paths } from '#web/paths.ts';
import { briefPage, PLAIN_BRIEF } from './brief-show.ts';

const ACTIONS: readonly BriefAction[] = ['launch', 'pause', 'resume', 'cancel'];

/** The actions on a brief: plain forms that lead back to its page. Cancelling ends runs that do not come back, so a page says first what it does. */
export function registerBriefChange(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.briefAction(':id', 'cancel'), async (request) => {
    const { id } = request.params as { id: string };
    const brief = await findBrief(site.reader, id);
    if (brief === null) return refuse('brief_not_found').refusal;
    return stateAfter(brief.state, 'cancel') === null ? refuse('brief_state', `A brief that is ${brief.state} cannot be cancelled.`).refusal : cancelPage(site, brief);
  });
  for (const action of ACTIONS) {
    const path = paths.briefAction(':id', action);
    // A refusal is shown at the action's own address; loading that again leads back to the brief.
    if (action !== 'cancel') app.get<{ Params: { id: string } }>(path, async (request, reply) => reply.redirect(paths.brief(request.params.id), 303));
    app.post<{ Params: { id: string } }>(path, async (request, reply) => {
      const outcome = await changeBrief(site.engine, request.params.id, action);
      if (outcome.ok) return reply.redirect(withAction(paths.brief(outcome.value.briefId), outcome.value.actionId), 303);
      const page: Page | Refusal = await briefPage(site, request.params.id, PLAIN_BRIEF, outcome.refusal);
      return 'code' in page ? refusalPage(site, request, reply, page) : sendPage(site, request, reply, page, ERRORS[outcome.refusal.code].status);
    });
  }
}

function cancelPage(site: Site, brief: Brief): Page {
  const pause = html`<form method="post" action="${paths.briefAction(brief.id, 'pause')}" class="action"><button type="submit" class="secondary">Pause it</button></form>`;
  const pausable = stateAfter(brief.state, 'pause') !== null;
  return {
    title: `Cancel ${brief.title}`,
    section: 'briefs',
    address: paths.briefAction(brief.id, 'cancel'),
    regions: [{ id: 'consequence', topics: [TOPICS.brief(brief.id)], render: () => consequence(site, brief.familyId) }],
    content: (region) => html`<section class="head"><div>${crumbs([paths.briefs(), 'Briefs'], [paths.brief(brief.id), brief.title])}<h1>Cancel this brief?</h1></div></section>
<article>${region('consequence')}<p>It can be undone for ten minutes: the waiting tasks wait again, and runs that were stopped begin anew. After that there is no way back.${pausable ? ' To stop for a while, pause it instead.' : null}</p><div class="actions"><form method="post" action="${paths.briefAction(brief.id, 'cancel')}" class="action"><button type="submit" class="danger">Cancel this brief</button></form>${pausable ? pause : null}<a href="${paths.brief(brief.id)}">Leave it as it is</a></div></article>`,
  };
}

async function consequence(site: Site, familyId: string): Promise<Fragment> {
  const family = await findFamily(site.reader, familyId);
  if (family === null || family.state === 'draft') return html`<p>It was not launched: no task of it exists.</p>`;
  const { pending, running, completed } = family.counts;
  const stopped = running === 0 ? 'No task is running.' : `${countOf(running, 'running task is', 'running tasks are')} stopped with the next heartbeat.`;
  return html`<ul><li>${stopped}</li><li>${countOf(pending, 'waiting task')} will never run.</li><li>What is completed stays, with its results: ${countOf(completed, 'task')}.</li></ul>`;
}
