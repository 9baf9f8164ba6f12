import type { Audit } from '#core/audit.ts';
import type { Family } from '#core/brief.ts';
import { endAttempt, findAttempt } from '#store/attempt.ts';
import { endAudit, listOpenAudits } from '#store/audit.ts';
import type { Tx } from '#store/seam.ts';
import { TOPICS, type Engine } from './engine.ts';

/** A family has at most one open audit for each of its tasks. */
const MOST_OPEN = 10_000;

/**
 * Ends audits that nobody needs any more. Their workers learn it with the next heartbeat.
 *
 * @returns the workers that were running one, once for each; the caller counts them off
 */
export async function voidAudits(engine: Engine, tx: Tx, audits: readonly Audit[], message: string): Promise<string[]> {
  const now = engine.now();
  const stopped: string[] = [];
  for (const audit of audits) {
    const attempt = audit.attempt === null ? null : await findAttempt(tx, audit.taskId, audit.attempt);
    const isStopped = attempt !== null && (await endAttempt(tx, { taskId: audit.taskId, attempt: attempt.attempt, state: 'cancelled', result: null, metrics: null, error: { kind: 'cancelled', message }, finishedAt: now }));
    if (isStopped) stopped.push(attempt.workerId);
    await endAudit(tx, audit, 'void', now);
    tx.touch(TOPICS.task(audit.taskId));
  }
  return stopped;
}

/** {@link voidAudits} for all that are open in a locked family. */
export async function voidAuditsOf(engine: Engine, tx: Tx, family: Pick<Family, 'id' | 'verification'>, message: string): Promise<string[]> {
  return family.verification === null ? [] : voidAudits(engine, tx, await listOpenAudits(tx, family.id, MOST_OPEN), message);
}
