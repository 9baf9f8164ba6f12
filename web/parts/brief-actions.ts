import { actionsFor, type Brief, type BriefAction } from '#core/brief.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { actionButton } from '#web/parts/field.ts';
import { paths } from '#web/paths.ts';

const TEXTS: Record<Exclude<BriefAction, 'cancel'>, { text: string; kind: 'primary' | 'secondary' }> = {
  launch: { text: 'Launch', kind: 'primary' },
  pause: { text: 'Pause', kind: 'secondary' },
  resume: { text: 'Resume', kind: 'primary' },
};

/** Whether a brief in this state can have more tasks. */
export function isExtendable(state: Brief['state']): boolean {
  return state !== 'draft' && state !== 'cancelled';
}

/** What a person can do with a brief in its state: what is wanted most as buttons, the rest in a menu; more of it in the menu where room is scarce. */
export function briefActions(brief: Pick<Brief, 'id' | 'state'>, room: 'ample' | 'scarce' = 'ample'): Fragment {
  const { id, state } = brief;
  const buttons = actionsFor(state).flatMap((action) => (action === 'cancel' ? [] : [actionButton(paths.briefAction(id, action), TEXTS[action].text, TEXTS[action].kind)]));
  const links = [...(state === 'draft' ? [{ href: paths.briefEdit(id), text: 'Edit' }] : []), { href: paths.briefNew({ from: id }), text: 'Clone' }];
  // Once all is done, whether the winner was only lucky is the next question.
  const confirmFirst = state === 'completed' && room === 'ample';
  const confirm = { href: paths.briefAction(id, 'confirm'), text: 'Confirm with fresh seeds…' };
  // What runs out of credits stands still until it has more.
  const topUp = paths.briefAction(id, 'top-up');
  const topUpFirst = state === 'exhausted' ? html`<a role="button" href="${topUp}">Top up…</a>` : null;
  const entries: Content[] = [
    room === 'ample' ? null : links.map(({ href, text }) => html`<li><a href="${href}">${text}</a></li>`),
    state === 'running' || state === 'paused' ? html`<li><a href="${topUp}">Top up…</a></li>` : null,
    isExtendable(state) ? html`<li><a href="${paths.briefAction(id, 'extend')}">Add tasks…</a></li>` : null,
    isExtendable(state) && !confirmFirst ? html`<li><a href="${confirm.href}">${confirm.text}</a></li>` : null,
    html`<li><a href="${paths.briefReport(id)}" download>Download a report</a></li>`,
    html`<li><a href="${paths.briefFile(id)}" download>Download as YAML</a></li>`,
    actionsFor(state).includes('cancel') ? html`<li><a class="danger" href="${paths.briefAction(id, 'cancel')}">Cancel…</a></li>` : null,
    html`<li><a class="danger" href="${paths.briefAction(id, 'delete')}">Delete…</a></li>`,
  ];
  return html`<div class="actions">${buttons}${topUpFirst}${confirmFirst ? html`<a role="button" href="${confirm.href}">${confirm.text}</a>` : null}${room === 'ample' ? links.map(({ href, text }) => html`<a role="button" class="secondary" href="${href}">${text}</a>`) : null}${actionMenu(`menu-${id}`, entries)}</div>`;
}

/** A menu of links for what is wanted less often; it opens without scripts, and stays open while its page changes. */
function actionMenu(id: string, entries: readonly Content[]): Fragment {
  return html`<details class="menu" id="${id}"><summary class="button">More</summary><ul>${[...entries]}</ul></details>`;
}
