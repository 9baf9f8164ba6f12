import { parentPort } from 'node:worker_threads';
import { assert } from '#core/errors.ts';
import type { Run } from '#web/parts/pictures/runs.ts';
import type { Answer, Order } from './side-thread.ts';

/** The inside of a {@link import('./side-thread.ts').SideThread}: runs come in portions, then what to make of them. */
export function serveThread(make: (name: string, data: unknown, runs: readonly Run[]) => unknown): void {
  const port = parentPort;
  assert(port !== null, 'this runs in a thread');
  const waiting = new Map<number, Run[]>();
  port.on('message', (order: Order) => {
    const runs = waiting.get(order.id) ?? [];
    if ('runs' in order) {
      waiting.set(order.id, [...runs, ...order.runs]);
      return;
    }
    waiting.delete(order.id);
    let answer: Answer;
    try {
      answer = { id: order.id, result: make(order.name, order.data, runs), trouble: null };
    } catch (error) {
      answer = { id: order.id, result: null, trouble: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    port.postMessage(answer);
  });
}
