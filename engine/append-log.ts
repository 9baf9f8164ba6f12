import { accept, type Outcome } from '#core/errors.ts';
import { appendLog, lockLog } from '#store/log.ts';
import { TOPICS, type Engine } from './engine.ts';
import { findRunningAttempt, type LeaseClaim } from './lease.ts';

/** An attempt's log is kept up to this many characters; what comes after is dropped, and the log says so. */
const MOST_CHARACTERS = 50_000_000;

/**
 * Appends text to a running attempt's log.
 *
 * @param offset how many characters the worker sent before; text that is kept already is not added again. Null appends.
 */
export async function appendToLog(engine: Engine, lease: LeaseClaim, text: string, offset: number | null): Promise<Outcome<{ characters: number }>> {
  return engine.store.write(async (tx): Promise<Outcome<{ characters: number }>> => {
    const found = await findRunningAttempt(tx, lease);
    if (!found.ok) return found;
    const extent = await lockLog(tx, lease.taskId, lease.attempt);
    const known = offset === null ? 0 : Math.max(0, extent.characters - offset);
    const fresh = text.slice(known, known + Math.max(0, MOST_CHARACTERS - extent.characters));
    if (fresh.length === 0) return accept({ characters: extent.characters });
    const full = extent.characters + fresh.length >= MOST_CHARACTERS;
    await appendLog(tx, lease.taskId, lease.attempt, extent, full ? `${fresh}\n[the log ends here: it reached ${MOST_CHARACTERS} characters]\n` : fresh);
    tx.touch(TOPICS.task(lease.taskId));
    return accept({ characters: extent.characters + fresh.length });
  });
}
