import { totalCount } from '#core/brief.ts';
import { MICROCREDITS, TREASURY_ID } from '#core/ledger.ts';
import { HEARTBEATS_UNTIL_OFFLINE } from '#core/worker.ts';
import type { statsView } from '#protocol/stats.ts';
import { findAccount } from '#store/ledger.ts';
import { readTotals } from '#store/totals.ts';
import { countWorkers } from '#store/worker.ts';
import type { z } from 'zod';
import type { Web } from './context.ts';

/** The live numbers of the overview, in the wire's form. What the treasury has issued is what is in circulation. */
export async function readStats(web: Web): Promise<z.infer<typeof statsView>> {
  const seenSince = web.engine.now() - HEARTBEATS_UNTIL_OFFLINE * web.engine.settings.heartbeatMs;
  const [{ briefs, families, ...counts }, workers, treasury] = await Promise.all([
    readTotals(web.reader),
    countWorkers(web.reader, seenSince),
    findAccount(web.reader, TREASURY_ID),
  ]);
  return { workers, tasks: { ...counts, total: totalCount(counts) }, families, briefs, credits_in_circulation: (0 - (treasury?.balanceMicrocredits ?? 0)) / MICROCREDITS };
}
