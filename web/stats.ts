import { totalCount } from '#core/brief.ts';
import { MICROCREDITS, TREASURY_ID } from '#core/ledger.ts';
import { HEARTBEATS_UNTIL_OFFLINE } from '#core/worker.ts';
import type { statsView } from '#protocol/stats.ts';
import { listActivity, type Activity } from '#store/activity.ts';
import { findAccount } from '#store/ledger.ts';
import type { Reader } from '#store/seam.ts';
import { readTotals } from '#store/totals.ts';
import { countWorkers } from '#store/worker.ts';
import type { z } from 'zod';
import type { Web } from './context.ts';

/** Minutes of the last hour, the one that has just begun included. */
export const HOUR_MINUTES = 60;
const HOUR_MS = 3_600_000;

/** The live numbers of the overview, in the wire's form. What the treasury has issued is what is in circulation. */
export async function readStats(web: Web): Promise<z.infer<typeof statsView>> {
  const seenSince = web.engine.now() - HEARTBEATS_UNTIL_OFFLINE * web.engine.settings.heartbeatMs;
  const [{ briefs, families, briefStates, ...counts }, workers, treasury, minutes] = await Promise.all([
    readTotals(web.reader),
    countWorkers(web.reader, seenSince),
    findAccount(web.reader, TREASURY_ID),
    readLastHour(web.reader, web.engine.now()),
  ]);
  const hour = sumOf(minutes);
  return {
    workers,
    tasks: { ...counts, total: totalCount(counts) },
    families,
    briefs,
    brief_states: briefStates,
    last_hour: { completed: hour.completed, failed: hour.failed, credits_earned: hour.earnedMicrocredits / MICROCREDITS },
    credits_in_circulation: (0 - (treasury?.balanceMicrocredits ?? 0)) / MICROCREDITS,
  };
}

/** What ended in each minute of the last hour, as far as anything did. */
export function readLastHour(reader: Reader, now: number): Promise<(Activity & { at: number })[]> {
  return listActivity(reader, now - HOUR_MS, HOUR_MINUTES + 1);
}

/** Everything that ended in some minutes together. */
export function sumOf(minutes: readonly Activity[]): Activity {
  const sum = (name: keyof Activity) => minutes.reduce((total, minute) => total + minute[name], 0);
  return { completed: sum('completed'), failed: sum('failed'), earnedMicrocredits: sum('earnedMicrocredits') };
}
