import { parentPort } from 'node:worker_threads';
import { assert } from '#core/errors.ts';
import { DRAWINGS } from './drawings.ts';
import type { Drawn, Order } from './draw.ts';
import type { Run } from './runs.ts';

/** The thread of {@link import('./draw.ts')}: runs come in portions, then the order to draw them. */
const port = parentPort;
assert(port !== null, 'this file runs in a thread');
const waiting = new Map<number, Run[]>();

port.on('message', (order: Order) => {
  const runs = waiting.get(order.id) ?? [];
  if ('runs' in order) {
    waiting.set(order.id, [...runs, ...order.runs]);
    return;
  }
  waiting.delete(order.id);
  const drawing = DRAWINGS[order.name] as (data: unknown, runs: readonly Run[]) => unknown;
  let drawn: Drawn;
  try {
    drawn = { id: order.id, markup: String(drawing(order.data, runs)), trouble: null };
  } catch (error) {
    drawn = { id: order.id, markup: '', trouble: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  port.postMessage(drawn);
});
