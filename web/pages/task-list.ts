import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { TASK_STATES } from '#core/task.ts';
import { id } from '#protocol/scalar.ts';
import { html } from '#web/html.ts';
import { registerPage, type Site } from '#web/page.ts';
import { emptyState } from '#web/parts/table.ts';
import { tableQuery, toAsked } from '#web/parts/task-table/asked.ts';
import { TASK_TABLE_SCRIPTS, taskTable } from '#web/parts/task-table/task-table.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';

const DEFAULTS = { sort: 'newest', columns: ['state', 'value', 'family', 'priority', 'worker', 'duration', 'changed', 'configuration'] } as const;

/** `family`, `worker` and `state` are short forms of terms of the filter, for links. */
const querySchema = z.object({ ...tableQuery, family: id.optional(), worker: id.optional(), state: z.enum(TASK_STATES).optional() });

/** All tasks, by a filter. */
export function registerTaskList(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.tasks(), async (request) => {
    const query = readQuery(querySchema, request);
    if (!query.ok) return query.refusal;
    const asked = toAsked(query.value);
    const terms = (['family', 'worker', 'state'] as const).flatMap((name) => (query.value[name] === undefined ? [] : [`${name}:${query.value[name]}`]));
    const filter = [...terms, asked.filter].join(' ').trim();
    const table = await taskTable(site, {
      asked: { ...asked, filter },
      family: null,
      space: null,
      path: paths.tasks(),
      defaults: DEFAULTS,
      none: () => emptyState('There are no tasks yet', 'A brief is turned into tasks when it is launched: one for each configuration and seed.', html`<a role="button" href="${paths.briefNew()}">Write a brief</a>`),
    });
    if ('code' in table) return table;
    return {
      title: 'Tasks',
      section: 'tasks',
      status: table.status,
      address: paths.tasks(table.query),
      regions: [table.region],
      scripts: TASK_TABLE_SCRIPTS,
      content: (region) => html`<section class="head"><div><h1>Tasks</h1><p class="lead">Each task is one training run: a configuration, a seed and a time budget.</p></div></section>
<article>${table.content(region)}</article>`,
    };
  });
}
