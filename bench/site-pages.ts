import { LOCAL_ID } from '#core/ledger.ts';
import { first, one, raw, sql, type Reader } from '#store/seam.ts';
import { findTask } from '#store/task.ts';
import { paths } from '#web/paths.ts';
import { taskCursor } from '#web/task-filter.ts';

/** A page by its name in {@link paths}, with what its address asks for and an example of it. */
export type SitePage = { name: string; address: string };

/** What the example of each kind of page shows. */
type Examples = { brief: string; draft: string | null; family: string; task: string; middle: string; worker: string; workerName: string; experiment: string; entry: string; middleEntry: string; middleBrief: string; middleFamily: string; action: string; webhook: string };

const VIEWS = ['slices', 'contour', 'distribution', 'scatter', 'curves', 'timeline'];
/** Ids are longer than any word. */
const LONGEST_WORD = 15;

/**
 * Every page of the site's table of contents, with an example of each page of a single thing, and of lists the filters,
 * orders and pages far from the beginning that could read more than others.
 *
 * @param made what is made for the examples and is no part of the history
 */
export async function findPages(reader: Reader, exampleTasks: number, made: Pick<Examples, 'action' | 'webhook'>): Promise<SitePage[]> {
  const of = { ...(await findExamples(reader, exampleTasks)), ...made };
  return Object.entries(addressesOf(of)).flatMap(([name, addresses]) => addresses.map((address) => ({ name: nameOf(name, address), address })));
}

async function findExamples(reader: Reader, exampleTasks: number): Promise<Omit<Examples, 'action' | 'webhook'>> {
  const brief = await one<{ id: string; family_id: string }>(reader, sql`
    select id, family_id from briefs where num_tasks = ${exampleTasks} and state = 'completed' order by id desc limit 1`);
  const draft = await first<{ id: string }>(reader, sql`select id from briefs where state = 'draft' order by id limit 1`);
  const task = await one<{ task_id: string }>(reader, sql`
    select log_chunks.task_id from log_chunks join tasks on tasks.id = log_chunks.task_id where family_id = ${brief.family_id} order by log_chunks.task_id limit 1`);
  const worker = await one<{ id: string; name: string }>(reader, sql`select id, name from workers order by id limit 1`);
  const experiment = await one<{ name: string }>(reader, sql`select name from experiments order by name limit 1`);
  const entry = await one<{ id: string }>(reader, sql`select id from entries where brief_id = ${brief.id} order by id desc limit 1`);
  const middle = (table: string) => one<{ id: string }>(reader, sql`select id from ${raw(table)} order by id limit 1 offset (select count(*) / 2 from ${raw(table)})`);
  const middleFamily = (await middle('families')).id;
  const middleTask = await one<{ id: string }>(reader, sql`select id from tasks where family_id >= ${middleFamily} and finished_at is not null order by family_id, number limit 1`);
  const found = await findTask(reader, middleTask.id);
  if (found === null) throw new Error('a task that was found is there');
  return {
    brief: brief.id, draft: draft?.id ?? null, family: brief.family_id, task: task.task_id, middle: taskCursor(found), worker: worker.id, workerName: worker.name, experiment: experiment.name,
    entry: entry.id, middleEntry: (await middle('entries')).id, middleBrief: (await middle('briefs')).id, middleFamily,
  };
}

/** Addresses by the name of their path. Whoever adds a path says here which of its pages are measured; none, where it is no page. */
function addressesOf(of: Examples): Record<keyof typeof paths, string[]> {
  const { brief, family, task, worker } = of;
  const forms = (['confirm', 'extend', 'delete'] as const).map((verb) => paths.briefAction(brief, verb));
  const filters = ['state:failed', 'state:pending', `worker:${of.workerName}`, `worker:${of.workerName} state:failed`, 'value<=2.9', 'lr<0.001 n_layers=4', 'error:timeout', 'duration>1h'];
  const noPage: string[] = [];
  return {
    overview: [paths.overview()],
    briefs: [paths.briefs(), paths.briefs({ state: 'running' }), paths.briefs({ q: 'dropout' }), paths.briefs({ q: 'nothing of the kind' }), paths.briefs({ sort: 'oldest' }), paths.briefs({ from: of.middleBrief })],
    briefNew: [paths.briefNew(), paths.briefNew({ from: brief })],
    brief: [paths.brief(brief), ...VIEWS.map((view) => paths.brief(brief, { view })), paths.brief(brief, { filter: 'lr<0.001' }), paths.brief(brief, { sort: 'value' })],
    briefPreview: noPage,
    briefEdit: of.draft === null ? noPage : [paths.briefEdit(of.draft)],
    briefFile: [paths.briefFile(brief)],
    briefReport: [paths.briefReport(brief)],
    briefAction: forms,
    families: [paths.families(), paths.families({ before: of.middleFamily })],
    family: [paths.family(family), paths.family(family, { group: 'n_layers' }), paths.family(family, { group: 'n_layers', split: 'lr_schedule' }), paths.family(family, { show: 'curves' })],
    familyBaseline: noPage,
    familyExport: noPage,
    tasks: [paths.tasks(), paths.tasks({ cursor: of.middle }), paths.tasks({ sort: 'oldest' }), paths.tasks({ sort: 'finished' }), paths.tasks({ sort: 'finished', cursor: of.middle }), ...filters.map((filter) => paths.tasks({ filter })), paths.tasks({ filter: `family:${family}`, sort: 'value' }), paths.tasks({ filter: `family:${family}`, sort: '-duration' })],
    taskSelection: noPage,
    taskComplete: noPage,
    task: [paths.task(task)],
    taskLog: [paths.taskLog(task)],
    taskLogText: noPage,
    taskLogLines: noPage,
    taskLogSearch: noPage,
    taskActions: noPage,
    taskAction: [paths.taskAction(task, 'rerun')],
    action: [paths.action(of.action)],
    actionUndo: noPage,
    compare: [paths.compare(), paths.compare({ family, best: 5 })],
    compareExport: noPage,
    workers: [paths.workers(), paths.workers({ state: 'offline' }), paths.workers({ q: 'synthetic' })],
    worker: [paths.worker(worker), paths.worker(worker, { hours: 24 })],
    workerAction: [paths.workerAction(worker, 'remove')],
    credits: [paths.credits(), paths.credits({ account: worker }), paths.credits({ brief }), paths.credits({ kind: 'result' }), paths.credits({ account: worker, kind: 'result', before: of.middleEntry })],
    creditsExport: noPage,
    creditsCheckpoint: noPage,
    creditReceipt: noPage,
    creditAccounts: [paths.creditAccounts()],
    creditAccountsExport: noPage,
    creditAccount: [paths.creditAccount(LOCAL_ID), paths.creditAccount(worker), paths.creditAccount(worker, { before: of.middleEntry })],
    creditAccountAction: noPage,
    creditEntry: [paths.creditEntry(of.entry)],
    experiments: [paths.experiments()],
    experiment: [paths.experiment(of.experiment)],
    experimentPackage: [],
    packageAction: noPage,
    search: [paths.search(), paths.search({ q: 'dropout' }), paths.search({ q: 'synthetic-03' }), paths.search({ q: task }), paths.search({ q: 'nothing of the kind' })],
    searchHits: [paths.searchHits({ q: 'drop' })],
    settings: [paths.settings()],
    settingsTheme: noPage,
    styleguide: noPage,
    notifications: [paths.notifications(), paths.notifications({ kind: 'brief_finished' }), paths.notifications({ kind: 'new_best' })],
    notificationsRead: noPage,
    notificationsRecent: noPage,
    webhooks: [paths.webhooks()],
    webhook: [paths.webhook(of.webhook)],
    webhookAction: noPage,
    settingsShortcuts: noPage,
    live: noPage,
    asset: noPage,
    apiDocs: noPage,
    openapi: noPage,
    monitoring: noPage,
  };
}

/** The name of a path with the verb and the query of an address; of ids and places in lists only that they are there. */
function nameOf(name: string, address: string): string {
  const { pathname, searchParams } = new URL(address, 'http://localhost');
  const verb = name.endsWith('Action') ? [pathname.slice(pathname.lastIndexOf('/') + 1)] : [];
  const asked = [...searchParams].map(([key, value]) => `${key}=${value.replace(/[\w-]+/g, (word) => (word.length > LONGEST_WORD ? '…' : word))}`);
  return [name, ...verb, ...asked].join(' ');
}
