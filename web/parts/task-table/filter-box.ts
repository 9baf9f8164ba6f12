import { NO_FILTER, printFilter } from '#core/filter.ts';
import type { Filter, FilterIssue } from '#core/filter/language.ts';
import { TASK_STATES } from '#core/task.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import { paths, type Query } from '#web/paths.ts';

/** Characters of a long filter that are shown on each side of what is wrong with it. */
const AROUND = 40;

/** Where a table's forms and links lead: the page, and what of its address must stay besides. */
export type Place = { path: string; anchor: string; keep: Query; link: (filter: string) => string };

/** The box in which a filter is typed, a plain form; `filter.js` completes what is typed. What is wrong is marked below it. */
export function filterBox(place: Place, text: string, issue: FilterIssue | null, familyId: string | null): Fragment {
  const said = issue === null ? 'filter-hint' : 'filter-wrong filter-hint';
  return html`<form class="filter-box" method="get" action="${place.path}${place.anchor}" autocomplete="off">${hiddenFields(place.keep)}
<label for="filter">Filter</label><div class="box"><input id="filter" name="filter" type="search" value="${text}" placeholder="state:failed lr<0.001" spellcheck="false" autocapitalize="off" aria-describedby="${said}"${issue === null ? null : html` aria-invalid="true"`} data-complete="${paths.taskComplete({ family: familyId })}"></div>
<button type="submit" class="secondary">Show</button>${text === '' ? nothing : html`<a href="${place.link('')}">Clear</a>`}
${issue === null ? nothing : wrongPart(text, issue)}<small id="filter-hint">Terms that all hold, such as <code>state:failed,cancelled</code> <code>worker:lab-3</code> <code>lr&lt;0.001</code> <code>finished&lt;1h</code> <code>-error:timeout</code></small></form>`;
}

/** Links to the tasks of each state, with the rest of the filter as it is. */
export function stateLinks(place: Place, filter: Filter): Fragment {
  const rest = filter.terms.filter((term) => term.field.of !== 'task' || term.field.name !== 'state');
  const now = printFilter({ terms: filter.terms.filter((term) => !rest.includes(term)) });
  const link = (state: string) => {
    const others = printFilter(rest.length === 0 ? NO_FILTER : { terms: rest });
    const chosen = state === '' ? '' : `state:${state}`;
    return html`<a href="${place.link([chosen, others].filter((part) => part !== '').join(' '))}"${now === chosen ? html` aria-current="true"` : null}>${state === '' ? 'all' : state}</a>`;
  };
  return html`<nav class="tabs" aria-label="States">${link('')}${TASK_STATES.map(link)}</nav>`;
}

/** The fields of an address that a form of the same page sends along unseen. */
export function hiddenFields(query: Query): Fragment {
  return html`${Object.entries(query).map(([name, value]) => (value === null || value === undefined || value === '' ? nothing : html`<input type="hidden" name="${name}" value="${value}">`))}`;
}

function wrongPart(text: string, { at, from, until, message }: FilterIssue): Fragment {
  const before = text.slice(Math.max(0, from - AROUND), from);
  const after = text.slice(until, until + AROUND);
  return html`<p id="filter-wrong" class="wrong" role="alert"><code>${from > AROUND ? '…' : ''}${before}<mark>${text.slice(from, Math.min(until, from + AROUND)) || '\u00a0'}</mark>${after}${until + AROUND < text.length ? '…' : ''}</code> Character ${at}: ${message}</p>`;
}
