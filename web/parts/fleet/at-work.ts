import { listHeldAttempts, type StoredAttempt } from '#store/attempt.ts';
import { findFamily } from '#store/family.ts';
import { latestPoints } from '#store/point.ts';
import { findTask } from '#store/task.ts';
import { html, nothing, type Content, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { idLink, named } from '#web/parts/identity.ts';
import { elapsed } from '#web/parts/moment.ts';
import { count, duration, measured } from '#web/parts/number.ts';
import { card, table, type Row } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';

const MOST_SHOWN = 20;

/** What a worker has at work now: how far its time has run, and the last value that the script wrote. */
export async function atWorkCard(site: Site, workerId: string): Promise<Fragment> {
  const held = await listHeldAttempts(site.reader, workerId, MOST_SHOWN + 1);
  if (held.length === 0) return nothing;
  const rows = await Promise.all(held.slice(0, MOST_SHOWN).map((attempt) => rowOf(site, attempt)));
  const columns = [{ head: 'Task', kind: 'id' }, { head: 'Brief', kind: 'wide' }, { head: 'Attempt', kind: 'num' }, { head: 'Progress' }, { head: 'For', kind: 'num' }, { head: 'Last value', kind: 'num' }] as const;
  const more = held.length > MOST_SHOWN ? html`<p class="fine"><a href="${paths.tasks({ worker: workerId, state: 'running' })}">More of them</a></p>` : nothing;
  return html`<section>${card('At work on', html`${table('Running tasks of this worker', columns, rows)}${more}`)}</section>`;
}

async function rowOf(site: Site, { taskId, attempt, startedAt }: StoredAttempt): Promise<Row> {
  const now = site.engine.now();
  const task = await findTask(site.reader, taskId);
  const family = task === null ? null : await findFamily(site.reader, task.familyId);
  const [last] = family === null ? [] : await latestPoints(site.reader, taskId, attempt, family.metric.name, 1);
  return {
    id: `held-${taskId}`,
    cells: [
      idLink(paths.task(taskId), taskId),
      task === null || family === null ? null : named(paths.brief(task.briefId), family.name),
      count(attempt),
      task === null ? null : timeBar(now - startedAt, task.timeBudgetSeconds * 1000),
      elapsed(startedAt, now),
      last === undefined || family === null ? measured(null) : html`${measured(last.value)}<small>${family.metric.name} at step ${count(last.step)}</small>`,
    ],
  };
}

/** How much of a task's training time has passed; its start and its end take some beside. */
function timeBar(passedMs: number, budgetMs: number): Content {
  const share = Math.min(100, Math.round((100 * Math.max(0, passedMs)) / budgetMs));
  const words = `${share} % of ${duration(budgetMs)} of training time`;
  return html`<svg class="progress" viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label="${words}"><title>${words}</title><rect class="done" x="0" width="${share}" height="1"/></svg><small>of ${duration(budgetMs)}</small>`;
}
