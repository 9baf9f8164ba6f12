import type { FastifyRequest } from 'fastify';
import { isUndoable } from '#core/action.ts';
import { findAction } from '#store/action.ts';
import type { Web } from '#web/context.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import { ownAddress } from '#web/own-address.ts';
import { paths } from '#web/paths.ts';
import { actionText, undoText } from './action-text.ts';
import { countOf } from './number.ts';

/** Ids of actions that an address may name; anything else is no action of ours. */
const ID = /^[0-9a-z]{1,64}$/;

/** What was just done, on the page that the person came back to: `?action=ID` names it. It offers to undo what can be undone. */
export async function actionNotice(web: Web, request: FastifyRequest): Promise<Fragment> {
  const id = (request.query as Record<string, unknown> | undefined)?.['action'];
  const action = typeof id === 'string' && ID.test(id) ? await findAction(web.reader, id) : null;
  if (action === null) return nothing;
  const undoable = isUndoable(action, web.engine.now());
  const refused = action.refused === 0 ? null : html` <a href="${paths.action(action.id)}">${countOf(action.refused, 'task was', 'tasks were')} left as ${action.refused === 1 ? 'it is' : 'they are'}: why?</a>`;
  const progress = action.finishedAt === null ? html` <a href="${paths.action(action.id)}">See how far it is</a>.` : null;
  const undone = action.undoneBy === null ? null : html` It was undone.`;
  return html`<aside class="notice action-notice" aria-label="What was done"><p role="status">${actionText(action)}${refused}${progress}${undone}${undoable ? html` <small>${undoText(action)}</small>` : null}</p>${undoable ? undoForm(action.id, ownAddress(request.url)) : null}</aside>`;
}

/** The button that undoes an action and leads back to a page of ours. */
export function undoForm(actionId: string, back: string): Fragment {
  return html`<form method="post" action="${paths.actionUndo(actionId)}" class="action"><input type="hidden" name="back" value="${back}"><button type="submit" class="secondary">Undo</button></form>`;
}
