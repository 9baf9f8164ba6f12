import { actionsFor, type Brief, type BriefAction } from '#core/brief.ts';
import { html, type Fragment } from '#web/html.ts';
import { actionButton } from '#web/parts/field.ts';
import { paths } from '#web/paths.ts';

const TEXTS: Record<Exclude<BriefAction, 'cancel'>, { text: string; kind: 'primary' | 'secondary' }> = {
  launch: { text: 'Launch', kind: 'primary' },
  pause: { text: 'Pause', kind: 'secondary' },
  resume: { text: 'Resume', kind: 'primary' },
};

/** What a person can do with a brief in its state, and a link that opens a new one like it. */
export function briefActions(brief: Pick<Brief, 'id' | 'state'>): Fragment {
  return html`<div class="actions">${actionsFor(brief.state).map((action) => actionOf(brief.id, action))}${brief.state === 'draft' ? html`<a role="button" class="secondary" href="${paths.briefEdit(brief.id)}">Edit</a>` : null}<a role="button" class="secondary" href="${paths.briefNew({ from: brief.id })}">Clone</a></div>`;
}

/** A button, or for what cannot be undone a link to the page that says what will happen. */
function actionOf(briefId: string, action: BriefAction): Fragment {
  const path = paths.briefAction(briefId, action);
  return action === 'cancel' ? html`<a role="button" class="danger" href="${path}">Cancel…</a>` : actionButton(path, TEXTS[action].text, TEXTS[action].kind);
}
