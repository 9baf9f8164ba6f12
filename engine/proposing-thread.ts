import { parentPort } from 'node:worker_threads';
import { assert } from '#core/errors.ts';
import type { HistoryRun } from '#core/search/history.ts';
import { answerQuestion } from './propose.ts';
import type { Answered, Order } from './propose-thread.ts';

/** The thread of {@link import('./propose-thread.ts')}: it keeps what it was told of families, and is told what has changed. */
const port = parentPort;
assert(port !== null, 'this file runs in a thread');
const known = new Map<string, HistoryRun[]>();
const runsOf = (familyId: string) => ({ familyId, runs: known.get(familyId) ?? [] });

port.on('message', (order: Order) => {
  if (order.kind === 'forget') known.delete(order.familyId);
  if (order.kind === 'runs') {
    const runs = known.get(order.familyId) ?? [];
    runs.length = Math.min(runs.length, order.length);
    for (const [index, run] of order.changes) runs[index] = run;
    known.set(order.familyId, runs);
  }
  if (order.kind !== 'ask') return;
  let answered: Answered;
  try {
    const { strategy, request, familyId, earlier } = order;
    answered = { id: order.id, answer: answerQuestion({ ...runsOf(familyId), strategy, request, earlier: earlier.map(runsOf) }), trouble: null };
  } catch (error) {
    answered = { id: order.id, answer: 'failed', trouble: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  port.postMessage(answered);
});
port.postMessage({ id: 0, answer: 'behind', trouble: null } satisfies Answered);
