import { actionsFor, type Brief, type BriefAction } from '#core/brief.ts';
import { html, type Fragment } from '#web/html.ts';
import { actionButton } from '#web/parts/field.ts';
import { paths } from '#web/paths.ts';

const TEXTS: Record<BriefAction, { text: string; kind: 'primary' | 'secondary' | 'danger' }> = {
  launch: { text: 'Launch', kind: 'primary' },
  pause: { text: 'Pause', kind: 'secondary' },
  resume: { text: 'Resume', kind: 'primary' },
  cancel: { text: 'Cancel', kind: 'danger' },
};

/** What a person can do with a brief in its state, and a link that opens a new one like it. */
export function briefActions(brief: Pick<Brief, 'id' | 'state'>): Fragment {
  return html`<div class="actions">${actionsFor(brief.state).map((action) => actionButton(paths.briefAction(brief.id, action), TEXTS[action].text, TEXTS[action].kind))}<a role="button" class="secondary" href="${paths.briefNew({ clone: brief.id })}">Clone</a></div>`;
}
