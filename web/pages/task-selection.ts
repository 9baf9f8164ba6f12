import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { accept, refuse, type Outcome } from '#core/errors.ts';
import type { Task } from '#core/task.ts';
import { id } from '#protocol/scalar.ts';
import { narrowSearch, searchTasks } from '#store/task-search.ts';
import { findTask } from '#store/task.ts';
import { refusalPage, type Site } from '#web/page.ts';
import { paths } from '#web/paths.ts';
import { readFilter, readVocabulary } from '#web/task-filter.ts';
import { findFamily } from '#store/family.ts';

/** Tasks that an address can name; more are exported by their filter. */
const MOST_NAMED = 100;

const ids = z.union([z.string(), z.array(z.string())]).default([]).transform((given) => [given].flat().slice(0, MOST_NAMED + 1)).pipe(z.array(id));
const form = z.object({ verb: z.enum(['compare', 'export']), ids, all: z.literal('yes').optional(), filter: z.string().default(''), family: id.optional() });

type Selection = z.infer<typeof form>;

/** Leads from a selection of tasks to the page or file that shows them. */
export function registerTaskSelection(app: FastifyInstance, site: Site): void {
  app.get(paths.taskSelection(), async (_request, reply) => reply.redirect(paths.tasks(), 303));
  app.post(paths.taskSelection(), async (request, reply) => {
    const parsed = form.safeParse(request.body ?? {});
    if (!parsed.success) return refusalPage(site, request, reply, refuse('invalid', 'The selection could not be read; go back and select again.').refusal);
    const address = parsed.data.verb === 'compare' ? await compareAddress(site, parsed.data) : await exportAddress(site, parsed.data);
    return address.ok ? reply.redirect(address.value, 303) : refusalPage(site, request, reply, address.refusal);
  });
}

async function compareAddress(site: Site, selection: Selection): Promise<Outcome<string>> {
  const tasks = await readSelected(site, selection);
  return tasks.ok ? accept(paths.compare({ tasks: tasks.value.map((task) => task.id).join(',') })) : tasks;
}

/** An export is of one campaign: its columns are those of one space. All that match are named by their filter, others by their numbers. */
async function exportAddress(site: Site, selection: Selection): Promise<Outcome<string>> {
  const tasks = await readSelected(site, selection);
  if (!tasks.ok) return tasks;
  const [first] = tasks.value;
  const families = new Set(tasks.value.map((task) => task.familyId));
  if (first === undefined || families.size > 1) return refuse('invalid', 'An export holds the tasks of one campaign, and these are of several: filter them by family first.');
  const filter = selection.all === 'yes' ? selection.filter : `number=${tasks.value.map((task) => task.number).join(',')}`;
  return accept(paths.familyExport(first.familyId, { format: 'csv', filter }));
}

async function readSelected(site: Site, selection: Selection): Promise<Outcome<Task[]>> {
  if (selection.all === undefined) {
    if (selection.ids.length > MOST_NAMED) return refuse('invalid', `At most ${MOST_NAMED} tasks can be named; select all that match instead.`);
    const found = (await Promise.all(selection.ids.map((one) => findTask(site.reader, one)))).filter((task) => task !== null);
    return found.length === 0 ? refuse('invalid', 'No task is selected: tick some of them, or all that match.') : accept(found);
  }
  const family = selection.family === undefined ? null : await findFamily(site.reader, selection.family);
  const filter = readFilter(selection.filter, await readVocabulary(site.reader, family));
  if (!filter.ok) return filter;
  const scope = await narrowSearch(site.reader, filter.value, { familyId: family?.id ?? null });
  const { tasks } = await searchTasks(site.reader, { scope, order: 'newest', after: null, limit: MOST_NAMED, now: site.engine.now() });
  return tasks.length === 0 ? refuse('invalid', 'No task matches the filter any more.') : accept(tasks);
}
