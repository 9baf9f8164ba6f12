import type { Family } from '#core/brief.ts';
import type { FieldIssue } from '#core/errors.ts';
import { html, type Fragment } from '#web/html.ts';
import { badge } from '#web/parts/badge.ts';
import { moment } from '#web/parts/moment.ts';
import { countOf, measured } from '#web/parts/number.ts';
import { paths } from '#web/paths.ts';
import type { Typed } from './fields.ts';

/** A campaign that a new one can build on, and why it cannot after all, where it was chosen before. */
export type EarlierFamily = { family: Family; misfit: string | null };

/** A choice of earlier campaigns: those of the same code that have results, and those that were chosen already. */
export function earlierFields(offered: readonly EarlierFamily[], typed: Typed, issues: readonly FieldIssue[]): Fragment {
  const chosen = typed['warm_start'] ?? [];
  const gone = chosen.filter((id) => !offered.some(({ family }) => family.id === id));
  const wrong = issues.filter((issue) => issue.path === 'warm_start').map((issue) => issue.message);
  const items = offered.map(({ family, misfit }) => html`<li><label><input type="checkbox" name="warm_start" value="${family.id}"${chosen.includes(family.id) ? html` checked` : null}><a href="${paths.family(family.id)}">${family.name}</a></label><small>${resultsText(family)} ${moment(family.createdAt)} ${family.state === 'completed' ? null : badge(family.state)}${misfit === null ? null : html` <span class="wrong">${misfit}</span>`}</small></li>`);
  const missing = gone.map((id) => html`<li><label><input type="checkbox" name="warm_start" value="${id}" checked><code>${id}</code></label><small class="wrong">is not a family of this server</small></li>`);
  const list = offered.length + gone.length === 0
    ? html`<p class="fine">No campaign has run this experiment as it is now, so there is nothing to build on yet.</p>`
    : html`<p class="fine">Their results are known from the start, as far as they come from machines of the same kind: an adaptive strategy begins where they ended.</p><ul class="earlier">${items}${missing}</ul>`;
  return html`<details class="folded" id="warm_start"${chosen.length > 0 || wrong.length > 0 ? html` open` : null}><summary>Build on earlier campaigns${chosen.length > 0 ? html` <span class="fine">(${String(chosen.length)} chosen)</span>` : offered.length === 0 ? null : html` <span class="fine">(${countOf(offered.length, 'fits', 'fit')})</span>`}</summary>${wrong.length === 0 ? null : html`<p class="wrong">${wrong.join('; ')}</p>`}${list}</details>`;
}

function resultsText({ rollup, metric }: Family): Fragment {
  return rollup.n === 0 ? html`no result yet ·` : html`${countOf(rollup.n, 'result')}, best ${metric.name} ${measured(rollup.best)} ·`;
}
