import { accept, refuse, type Outcome } from '#core/errors.ts';
import type { Load } from '#core/worker.ts';
import { releaseAttempts, renewLeases } from '#store/attempt.ts';
import { findWorker, touchWorker } from '#store/worker.ts';
import { addBeat } from '#store/worker-minute.ts';
import { TOPICS, type Engine } from './engine.ts';

/** The name of a lease. */
export type LeaseName = { taskId: string; attempt: number };

/** Notes a worker's sign of life, renews the leases it still holds, and tells it which ones it has lost. A cancelled attempt that it no longer names has ended there. */
export async function heartbeat(engine: Engine, workerId: string, load: Load, leases: LeaseName[]): Promise<Outcome<{ now: number; lost: LeaseName[]; drain: boolean }>> {
  return engine.store.write(async (tx) => {
    const worker = await findWorker(tx, workerId);
    if (worker === null) return refuse('worker_not_found');
    if (worker.status === 'removed') return refuse('worker_removed');
    const now = engine.now();
    const renewed = await renewLeases(tx, workerId, leases, now + engine.settings.leaseMs);
    const held = new Set(renewed.map(nameOf));
    for (const taskId of await releaseAttempts(tx, workerId, leases, now)) tx.touch(TOPICS.task(taskId));
    await touchWorker(tx, workerId, load, now);
    await addBeat(tx, workerId, now, load, worker.running);
    for (const topic of [TOPICS.workers, TOPICS.worker(workerId)]) tx.touch(topic);
    return accept({ now, lost: leases.filter((lease) => !held.has(nameOf(lease))), drain: worker.status === 'draining' });
  });
}

function nameOf(lease: LeaseName): string {
  return `${lease.taskId} ${lease.attempt}`;
}
