import { NO_COUNTS, type Counts, type Family } from '#core/brief.ts';
import type { Refusal } from '#core/errors.ts';
import { NO_FILTER, parseFilter, printFilter } from '#core/filter.ts';
import type { Filter, ParsedFilter } from '#core/filter/language.ts';
import type { Space } from '#core/space.ts';
import { needsFamily } from '#protocol/task.ts';
import { TOPICS } from '#engine/engine.ts';
import { findBrief } from '#store/brief.ts';
import { findFamily } from '#store/family.ts';
import { countFinds, MOST_LOOKED_AT, narrowSearch, searchTasks, type SearchKey, type SearchOrder, type SearchScope, type TaskFinds } from '#store/task-search.ts';
import { findTask } from '#store/task.ts';
import { html, nothing, type Content, type Fragment } from '#web/html.ts';
import type { Region } from '#web/live.ts';
import type { PlaceRegion, Site } from '#web/page.ts';
import { count } from '#web/parts/number.ts';
import { emptyState, pager, table } from '#web/parts/table.ts';
import { withQuery, type Query } from '#web/paths.ts';
import { readFamilies, readWorkers } from '#web/related.ts';
import { readSyntheticNames } from '#web/synthetic.ts';
import { readTaskCursor, readVocabulary, taskCursor } from '#web/task-filter.ts';
import { fromAsked, type TableAsked } from './asked.ts';
import { columnOf, linkOf, possibleColumns, type TableFacts } from './columns.ts';
import { filterBox, hiddenFields, stateLinks, type Place } from './filter-box.ts';
import { pickAll, pickBox, pickHead, selectionForm } from './selection.ts';

const TASKS_PER_PAGE = 50;

/** The modules that a page with such a table needs. */
export const TASK_TABLE_SCRIPTS = ['filter.js', 'select.js'] as const;

/** What a page says of the table that it wants. */
export type TableSetting = {
  asked: TableAsked;
  /** The campaign that the page is about; null where tasks of all are listed. */
  family: Family | null;
  space: Space | null;
  /** The page's address without a query, the rest of its query, and where in the page the table is. */
  path: string;
  keep?: Query;
  anchor?: string;
  defaults: { sort: SearchOrder; columns: readonly string[] };
  /** What is said where there are no tasks at all. */
  none: () => Fragment;
};

/** A table of tasks with its filter, columns, pages and selection: what its page has to place. */
export type TaskTable = { query: Query; region: Region; status: 200 | 422; content: (place: PlaceRegion) => Fragment };

/** Prepares a table for a page; refuses only a page of the list that does not exist. */
export async function taskTable(site: Site, setting: TableSetting): Promise<TaskTable | Refusal> {
  const { asked, keep = {}, anchor = '' } = setting;
  const { family, space } = setting.family === null ? await readOnlyFamily(site, asked.filter) : setting;
  const parsed = parseFilter(asked.filter, await readVocabulary(site.reader, family));
  const filter = parsed.ok ? parsed.filter : NO_FILTER;
  const after = asked.cursor === null ? null : readTaskCursor(asked.cursor);
  if (after !== null && !after.ok) return { ...after.refusal, detail: 'The page of the list that this address names does not exist.' };
  const scope = await narrowSearch(site.reader, filter, { familyId: setting.family?.id ?? null });
  const sort = asked.sort === null || (needsFamily(asked.sort) && scope.familyId === null) ? setting.defaults.sort : asked.sort;
  const columns = asked.columns ?? setting.defaults.columns;
  const shown = { ...asked, sort, columns };
  const addressOf = (changes: Partial<TableAsked>) => `${withQuery(setting.path, { ...keep, ...fromAsked({ ...shown, cursor: null, ...changes }, setting.defaults) })}${anchor}`;
  const table: Table = { site, setting, family, space, parsed, filter, sort, columns, after: after === null ? null : after.value, addressOf };
  const query = fromAsked(shown, setting.defaults);
  const place: Place = { path: setting.path, anchor, keep: { ...keep, ...query, filter: null, cursor: null }, link: (text) => addressOf({ filter: text }) };
  const possible = possibleColumns(family, space, await readMetrics(site, family));
  return {
    query,
    status: parsed.ok ? 200 : 422,
    region: { id: 'tasks', topics: [family !== null ? TOPICS.family(family.id) : scope.workerId !== null ? TOPICS.worker(scope.workerId) : TOPICS.tasks], render: () => tableRegion(table) },
    content: (region) => html`${filterBox(place, asked.filter, parsed.ok ? null : parsed.issue, scope.familyId)}<div class="table-tools">${stateLinks(place, filter)}${columnsMenu(table, possible, { ...keep, ...query, columns: null, cursor: null })}</div>
${selectionForm({ back: addressOf({ cursor: asked.cursor }), filter: printFilter(filter), familyId: setting.family?.id ?? null }, region('tasks'))}`,
  };
}

type Table = {
  site: Site;
  setting: TableSetting;
  /** The one family that the tasks can be of, by the page or by the filter. */
  family: Family | null;
  space: Space | null;
  parsed: ParsedFilter;
  filter: Filter;
  sort: SearchOrder;
  columns: readonly string[];
  after: SearchKey | null;
  addressOf: (changes: Partial<TableAsked>) => string;
};

/** The family that a filter leaves, where it is one. */
async function readOnlyFamily(site: Site, text: string): Promise<{ family: Family | null; space: Space | null }> {
  const parsed = parseFilter(text);
  const { familyId } = await narrowSearch(site.reader, parsed.ok ? parsed.filter : NO_FILTER);
  const family = familyId === null ? null : await findFamily(site.reader, familyId);
  const brief = family === null ? null : await findBrief(site.reader, family.briefId);
  return { family, space: brief?.space ?? null };
}

/** The names of what scripts report, as far as the best run tells. */
async function readMetrics(site: Site, family: Family | null): Promise<string[]> {
  const best = family?.rollup.bestTaskId ?? null;
  return best === null ? [] : Object.keys((await findTask(site.reader, best))?.metrics ?? {});
}

async function tableRegion(one: Table): Promise<Fragment> {
  const { site, setting, parsed, filter, sort, after } = one;
  if (!parsed.ok) return emptyState('This filter cannot be read', 'What is wrong with it is marked above.', html`<a href="${one.addressOf({ filter: '' })}">Show all tasks</a>`);
  const now = site.engine.now();
  const family = one.family === null ? null : await findFamily(site.reader, one.family.id);
  const scope = await narrowSearch(site.reader, filter, { familyId: setting.family?.id ?? null });
  const finds = await searchTasks(site.reader, { scope, order: sort, after, limit: TASKS_PER_PAGE, now });
  const pages = pager(after === null ? null : one.addressOf({ cursor: null }), finds.goOn === null ? null : one.addressOf({ cursor: taskCursor(finds.goOn) }), { first: 'First page', next: isPartial(finds) ? 'Go on looking' : 'Next' });
  const note = isPartial(finds) ? html`<p class="fine">Among the ${count(MOST_LOOKED_AT)} tasks looked at for this page, ${finds.tasks.length === 0 ? 'none matches' : `${count(finds.tasks.length)} match`}; there are more to look at.</p>` : nothing;
  if (finds.tasks.length === 0) return html`${finds.goOn === null ? noTasks(one) : note}${pages}`;
  return html`${pickAll(await countAll(one, family, scope, finds, now))}${await rowsOf(one, family, scope, finds, now)}${note}${pages}`;
}

function isPartial(finds: TaskFinds): boolean {
  return finds.goOn !== null && finds.tasks.length < TASKS_PER_PAGE;
}

function noTasks({ filter, after, setting, addressOf }: Table): Fragment {
  if (filter.terms.length > 0 || after !== null) return emptyState('No task is like that', after === null ? 'Nothing matches this filter.' : 'There is nothing more.', html`<a href="${addressOf({ filter: '' })}">Show all tasks</a>`);
  return setting.none();
}

async function countAll({ site, setting, filter, sort, after }: Table, family: Family | null, scope: SearchScope, finds: TaskFinds, now: number): Promise<{ counts: Counts; all: boolean }> {
  if (after === null && finds.goOn === null) return { counts: countStates(finds.tasks), all: true };
  // Orders leave out tasks without what they sort by; what matches does not depend on them.
  if (setting.family !== null && family !== null && filter.terms.length === 0) return { counts: family.counts, all: true };
  return countFinds(site.reader, { scope, order: sort === 'oldest' ? 'oldest' : 'newest', now });
}

function countStates(tasks: TaskFinds['tasks']): Counts {
  const counts = { ...NO_COUNTS };
  for (const { state } of tasks) counts[state] += 1;
  return counts;
}

async function rowsOf(one: Table, family: Family | null, scope: SearchScope, { tasks }: TaskFinds, now: number): Promise<Fragment> {
  const { reader } = one.site;
  const { space } = one;
  const columns = one.columns.flatMap((key) => columnOf(key, family, space) ?? []);
  const [families, workers, synthetic] = await Promise.all([readFamilies(reader, tasks.map((task) => task.familyId)), readWorkers(reader, tasks.map((task) => task.workerId)), readSyntheticNames(reader)]);
  const facts: TableFacts = { family, space, families, workers, synthetic, columns: one.columns, now };
  const rows = tasks.map((task) => ({ id: `row-${task.id}`, cells: [pickBox(task), linkOf(task, family), ...columns.map((column) => column.cell(task, facts))] }));
  const heads = columns.map((column) => ({ kind: column.kind, ...sorted(one, scope, column.name, column.sorts) }));
  return table('Tasks', [{ head: pickHead(), kind: 'pick' }, { kind: 'id', ...sorted(one, scope, 'Task', ['oldest', 'newest']) }, ...heads], rows);
}

/** A head that sorts by its column; once more, the other way round. */
function sorted({ sort, addressOf }: Table, scope: SearchScope, name: string, sorts: readonly [SearchOrder, SearchOrder] | undefined): { head: Content; sort?: 'ascending' | 'descending' | undefined } {
  if (sorts === undefined || (needsFamily(sorts[0]) && scope.familyId === null)) return { head: name };
  const [up, down] = sorts;
  const by = sort === up && up !== 'finished' ? 'ascending' : sort === down && up !== 'finished' ? 'descending' : sort === up ? 'descending' : undefined;
  return { head: html`<a href="${addressOf({ sort: sort === up ? down : up })}">${name}</a>`, sort: by };
}

function columnsMenu({ columns, setting, family, space }: Table, possible: readonly string[], keep: Query): Fragment {
  const all = [...new Set([...possible, ...columns])].flatMap((key) => {
    const column = columnOf(key, family, space);
    return column === null ? [] : [{ key, name: key.startsWith('metrics.') ? `${column.name} (reported)` : column.name }];
  });
  return html`<details class="menu" id="task-columns"><summary>Columns</summary><form method="get" action="${setting.path}${setting.anchor ?? ''}" autocomplete="off">${hiddenFields(keep)}
<fieldset><legend>Columns of the table</legend>${all.map(({ key, name }) => html`<label><input type="checkbox" name="columns" value="${key}"${columns.includes(key) ? html` checked` : null}> ${name}</label>`)}</fieldset>
<button type="submit" class="secondary">Show</button></form></details>`;
}
