import { z } from 'zod';
import { TASK_SORTS } from '#protocol/task.ts';
import type { SearchOrder } from '#store/task-search.ts';
import type { Query } from '#web/paths.ts';

const COLUMN = /^(?:[a-z]{1,20}|config\.\w{1,64}|metrics\.[\w./-]{1,64})$/;
const MOST_COLUMNS = 40;

/** What a page with a table of tasks takes in its address; spread into the page's own query. */
export const tableQuery = {
  filter: z.string().optional(),
  sort: z.enum(TASK_SORTS).optional(),
  columns: z.union([z.string(), z.array(z.string())]).optional(),
  cursor: z.string().max(500).optional(),
};

/** What a table of tasks is asked for; null where its page decides. */
export type TableAsked = { filter: string; sort: SearchOrder | null; columns: readonly string[] | null; cursor: string | null };

/** From the query of an address. Columns come with commas from links, and one by one from the form's boxes. */
export function toAsked(query: { filter?: string | undefined; sort?: SearchOrder | undefined; columns?: string | string[] | undefined; cursor?: string | undefined }): TableAsked {
  const named = [query.columns ?? []].flat().flatMap((text) => text.split(',')).filter((key) => COLUMN.test(key));
  const columns = [...new Set(named)].slice(0, MOST_COLUMNS);
  return { filter: query.filter?.trim() ?? '', sort: query.sort ?? null, columns: columns.length === 0 ? null : columns, cursor: query.cursor ?? null };
}

/** Back to a query, without what the page would choose by itself. */
export function fromAsked(asked: TableAsked, defaults: { sort: SearchOrder; columns: readonly string[] }): Query {
  const { filter, sort, columns, cursor } = asked;
  return { filter, sort: sort === defaults.sort ? null : sort, columns: columns === null || columns.join() === defaults.columns.join() ? null : columns.join(','), cursor };
}
