import { accept, refuse, type Outcome } from '#core/errors.ts';
import { findAttempt, type StoredAttempt } from '#store/attempt.ts';
import type { Reader } from '#store/seam.ts';
import { findTask } from '#store/task.ts';

/** What a worker shows to prove that a task is in its hands. */
export type LeaseClaim = { taskId: string; workerId: string; attempt: number; leaseToken: string };

/** The attempt that a lease names, running or not; refuses one of somebody else or with a wrong token. */
export async function findLeasedAttempt(reader: Reader, lease: LeaseClaim): Promise<Outcome<StoredAttempt>> {
  const attempt = await findAttempt(reader, lease.taskId, lease.attempt);
  if (attempt === null) return (await findTask(reader, lease.taskId)) === null ? refuse('task_not_found') : refuse('stale_lease');
  const fits = attempt.workerId === lease.workerId && attempt.leaseToken === lease.leaseToken;
  return fits ? accept(attempt) : refuse('stale_lease');
}

/** The attempt that a lease names, as long as it is running. */
export async function findRunningAttempt(reader: Reader, lease: LeaseClaim): Promise<Outcome<StoredAttempt>> {
  const found = await findLeasedAttempt(reader, lease);
  return found.ok && found.value.state !== 'running' ? refuse('stale_lease') : found;
}
