import type { FastifyInstance } from 'fastify';
import { isUndoable, type Action } from '#core/action.ts';
import { assert, refuse } from '#core/errors.ts';
import { TOPICS } from '#engine/engine.ts';
import { findAction, listItems } from '#store/action.ts';
import { findBrief } from '#store/brief.ts';
import { html, nothing, type Content, type Fragment } from '#web/html.ts';
import { registerPage, type Page, type Site } from '#web/page.ts';
import { undoForm } from '#web/parts/action-notice.ts';
import { actionText, undoText } from '#web/parts/action-text.ts';
import { taskLink } from '#web/parts/identity.ts';
import { ago } from '#web/parts/moment.ts';
import { count } from '#web/parts/number.ts';
import { partialBar } from '#web/parts/progress.ts';
import { card, facts, table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';

const MOST_REFUSED_SHOWN = 100;

/** One action: how far it is, what was refused and why, and its undoing. */
export function registerActionShow(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.action(':id'), async (request) => {
    const { id } = request.params as { id: string };
    const action = await findAction(site.reader, id);
    return action === null ? refuse('action_not_found').refusal : actionPage(site, action);
  });
}

function actionPage(site: Site, first: Action): Page {
  return {
    title: 'Action',
    section: null,
    address: paths.action(first.id),
    regions: [{ id: 'action', topics: [TOPICS.action(first.id)], render: async () => progressOf(site, await reread(site, first)) }],
    content: (region) => html`<section class="head"><div><h1>${headOf(first)}</h1></div></section>${region('action')}`,
  };
}

async function reread(site: Site, first: Action): Promise<Action> {
  return (await findAction(site.reader, first.id)) ?? first;
}

async function progressOf(site: Site, action: Action): Promise<Fragment> {
  const settled = action.done + action.refused;
  const now = site.engine.now();
  const refused = await listItems(site.reader, action.id, { outcome: 'refused', after: null, limit: MOST_REFUSED_SHOWN });
  const pairs: [Content, Content][] = [
    ['Done', count(action.done)],
    ['Left as they were', count(action.refused)],
    ['In all', action.total === null ? html`<span class="none">counted as it goes on</span>` : count(action.total)],
    ['Begun', ago(action.createdAt, now)],
    ['Ended', ago(action.finishedAt, now)],
  ];
  const undo = isUndoable(action, now) ? html`<div class="notice action-notice"><p>${undoText(action)}</p>${undoForm(action.id, paths.action(action.id))}</div>` : action.undoneBy === null ? nothing : html`<p>It was <a href="${paths.action(action.undoneBy)}">undone</a>.</p>`;
  return html`<div><article class="answer"><p class="said" role="status">${actionText(action)}</p>${action.finishedAt === null ? html`<p class="fine">It goes on by itself, also when this page is closed.</p>` : null}${action.finishedAt === null && action.total !== null ? partialBar(settled, action.total) : null}${facts(pairs)}${undo}${await wayOn(site, action)}</article>${refused.length === 0 ? null : card('Left as they were', refusals(action, refused))}</div>`;
}

async function wayOn(site: Site, action: Action): Promise<Fragment> {
  const brief = action.briefId === null ? null : await findBrief(site.reader, action.briefId);
  if (brief !== null) return html`<p>Back to <a href="${paths.brief(brief.id)}">${brief.title}</a>.</p>`;
  return action.briefId === null ? html`<p>Back to <a href="${paths.tasks()}">all tasks</a>.</p>` : html`<p>Back to <a href="${paths.briefs()}">all briefs</a>.</p>`;
}

function refusals(action: Action, refused: { taskId: string; reason: string | null }[]): Fragment {
  const rows = refused.map((item) => ({ id: `refused-${item.taskId}`, cells: [taskLink({ id: item.taskId }), item.reason] }));
  return html`${table('Tasks that were left as they were', [{ head: 'Task', kind: 'id' }, { head: 'Why', kind: 'wide' }], rows)}${action.refused > refused.length ? html`<p class="fine">The first ${count(refused.length)} of ${count(action.refused)} are shown.</p>` : null}`;
}

function headOf(action: Action): string {
  const heads: Record<Action['verb'], string> = {
    cancel: 'Cancel tasks',
    requeue: 'Requeue tasks',
    priority: 'Change priority',
    undo: 'Undo',
    'launch-brief': 'Launch a brief',
    'pause-brief': 'Pause a brief',
    'resume-brief': 'Resume a brief',
    'cancel-brief': 'Cancel a brief',
    'delete-brief': 'Delete a brief',
  };
  const head = heads[action.verb];
  assert(head !== undefined, 'every action has a head');
  return head;
}
