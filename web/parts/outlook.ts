import type { Brief, Family } from '#core/brief.ts';
import { estimateTimeLeft, type TimeLeft } from '#core/stats/time-left.ts';
import type { Worker } from '#core/worker.ts';
import { listTasks } from '#store/task.ts';
import { html, type Content } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { paths } from '#web/paths.ts';
import { exhaustedText, readMissing } from './credits/missing.ts';
import { failureText } from './failure.ts';
import { readPace } from './pace.ts';
import { judgeWorkers } from './waiting.ts';

/** The most common way in which tasks failed lately. */
export type CommonFailure = { kind: string; headline: string; taskId: string; number: number; many: number; of: number };

/** What lies ahead of a campaign, and what stands in its way. */
export type Outlook = {
  left: TimeLeft | null;
  failure: CommonFailure | null;
  /** Machines that are here and fit. */
  ready: readonly Worker[];
  slots: number;
  /** When the latest of those machines was last heard; null where there is none. */
  heardAt: number | null;
  /** Why nothing runs although tasks wait. */
  standstill: Content;
};

const MOST_FAILURES = 50;

/** Reads what lies ahead of a campaign: from measured durations, the machines that fit, and what failed lately. */
export async function readOutlook(site: Site, brief: Brief, family: Family): Promise<Outlook> {
  const { pending, running, failed } = family.counts;
  const open = pending + running > 0;
  const [judged, pace, failures] = await Promise.all([
    open ? judgeWorkers(site, family) : null,
    open ? readPace(site.reader, family) : null,
    failed > 0 ? listTasks(site.reader, { limit: MOST_FAILURES, sort: 'newest', after: null, familyId: family.id, state: 'failed', workerId: null }) : [],
  ]);
  const taskMs = pace?.taskMs ?? brief.timeBudgetSeconds * 1000;
  const ready = judged?.ready ?? [];
  const slots = ready.reduce((sum, worker) => sum + worker.slots, 0);
  return {
    left: family.state === 'running' ? estimateTimeLeft({ pending, running, slots, taskMs }) : null,
    failure: commonest(failures),
    ready,
    slots,
    heardAt: ready.length === 0 ? null : Math.max(...ready.map((worker) => worker.lastSeenAt)),
    standstill: family.state === 'exhausted' ? html`${exhaustedText(brief, await readMissing(site.reader, brief, family))} <a href="${paths.briefAction(brief.id, 'top-up')}">Top it up</a>, and it goes on.` : standstill(family, judged?.obstacle ?? null),
  };
}

function standstill(family: Family, obstacle: Content): Content {
  if (family.counts.pending === 0 || family.counts.running > 0) return null;
  if (family.state === 'paused') return 'The brief is paused: no task is handed out until it is resumed.';
  return family.state === 'running' ? obstacle : null;
}

function commonest(failures: Awaited<ReturnType<typeof listTasks>>): CommonFailure | null {
  const groups = [...Map.groupBy(failures, (task) => `${task.error?.kind} ${headlineOf(task)}`).values()].sort((left, right) => right.length - left.length);
  const [task] = groups[0] ?? [];
  return task === undefined ? null : { kind: task.error?.kind ?? 'unknown', headline: headlineOf(task), taskId: task.id, number: task.number, many: groups[0]?.length ?? 0, of: failures.length };
}

function headlineOf(task: { error: Parameters<typeof failureText>[0] }): string {
  return failureText(task.error).split(/\r?\n|\r/)[0] ?? '';
}
