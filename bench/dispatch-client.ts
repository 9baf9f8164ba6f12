import { z } from 'zod';
import { encodeRequest, openConnection } from './connection.ts';

/** A client of a benchmark: does its work once. */
export type Client = { once: () => Promise<void>; close: () => void };

const METRICS = { train_loss: 1.98, steps_completed: 1531, device_used: 'cpu', model_params: 198_721 };
const claimed = z.object({ tasks: z.array(z.object({ task_id: z.string(), attempt: z.number(), lease_token: z.string() })).length(1) });

/** A worker that claims a task and reports its result, each in a request of its own. */
export async function openWorker(url: string, token: string): Promise<Client> {
  const connection = await openConnection(url);
  const headers = { authorization: `Bearer ${token}` };
  const claim = encodeRequest('POST', `${url}/api/v1/claims`, headers, CLAIM);
  const once = async (): Promise<void> => {
    const answer = await connection.send(claim);
    const [task] = answer.status === 200 ? claimed.parse(JSON.parse(answer.body.toString())).tasks : [];
    if (task === undefined) throw new Error(`a claim was answered with ${answer.status}: ${answer.body.toString()}`);
    // Whoever runs a task again, to see whether its result is true, finds the same.
    const report = resultOf(task.attempt, task.lease_token, Number(task.task_id.split('-').at(-1)));
    const accepted = await connection.send(encodeRequest('POST', `${url}/api/v1/tasks/${task.task_id}/result`, headers, report));
    if (accepted.status !== 200) throw new Error(`a result was answered with ${accepted.status}: ${accepted.body.toString()}`);
  };
  return { once, close: () => connection.close() };
}

/** The same two messages, sent to a server that only sends them back. */
export async function openEcho(url: string): Promise<Client> {
  const connection = await openConnection(url);
  const token = 'x'.repeat(50);
  const headers = { authorization: `Bearer ${token}` };
  const claim = encodeRequest('POST', `${url}/echo`, headers, CLAIM);
  let result = 0;
  const once = async (): Promise<void> => {
    await connection.send(claim);
    result += 1;
    const answer = await connection.send(encodeRequest('POST', `${url}/echo`, headers, resultOf(1, token, result)));
    echoed.parse(JSON.parse(answer.body.toString()));
  };
  return { once, close: () => connection.close() };
}

const CLAIM = { slots: 1, wait_seconds: 20 };
const echoed = z.object({ lease_token: z.string() });

/** The golden ratio's multiples spread the values evenly, so that they come in no order that a rollup could profit from. */
function resultOf(attempt: number, leaseToken: string, number: number) {
  return { attempt, lease_token: leaseToken, outcome: 'completed', metrics: { loss: 1 + ((number * 0.618_033_988_75) % 1), ...METRICS } };
}
