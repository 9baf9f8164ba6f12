import { listStopping } from '#store/attempt.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { paths } from '#web/paths.ts';
import { readWorkers } from '#web/related.ts';
import { stateOf } from './machine.ts';
import { countOf } from './number.ts';

const MOST_WORKERS = 50;

/** Runs of a family that were cancelled and that their workers have not let go yet: each learns of it with its next heartbeat. */
export async function stoppingRuns(site: Site, familyId: string): Promise<Fragment> {
  const stopping = await listStopping(site.reader, familyId, MOST_WORKERS);
  if (stopping.length === 0) return nothing;
  const workers = await readWorkers(site.reader, stopping.map((one) => one.workerId));
  const rows = stopping.map(({ workerId, attempts }) => {
    const worker = workers.get(workerId);
    const offline = worker !== undefined && stateOf(site, worker) === 'offline' ? ', which is offline: it stops when it hears of it' : ' …';
    return html`<li>${countOf(attempts, 'run')} on <a href="${paths.worker(workerId)}">${worker?.name ?? workerId}</a>${offline}</li>`;
  });
  return html`<div class="notice warn"><p>Stopping:</p><ul>${rows}</ul></div>`;
}
