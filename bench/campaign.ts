import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const TASKS_PER_BRIEF = 10_000;
const HARDWARE = { cpu_model: 'benchmark', cpu_cores: 8, ram_gb: 16, gpus: [], platform: 'linux', arch: 'x64' };
const MACHINE = { hardware: HARDWARE, runtimes: { node: process.versions.node }, slots: 1 };
const stats = z.object({ tasks: z.object({ pending: z.number(), completed: z.number() }) });

/** A server's API as its administrator calls it. */
export type Campaign = {
  /** Registers a worker of an owner and returns its token. */
  enrol(name: string, owner: string): Promise<string>;
  /** Submits briefs until this many tasks wait. */
  ensurePending(tasks: number): Promise<void>;
  countCompleted(): Promise<number>;
};

/**
 * Calls the server with the token that it keeps in its data folder.
 *
 * @param isVerified whether the results of its briefs are verified, by the policy that a brief has when it names none
 */
export function openCampaign(url: string, dataDir: string, isVerified = false): Campaign {
  const administrator = readFileSync(join(dataDir, 'admin-token'), 'utf8').trim();
  const call = async (method: string, path: string, body?: unknown, token = administrator): Promise<unknown> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const countTasks = async () => stats.parse(await call('GET', '/stats')).tasks;
  const owners = new Map<string, Promise<string>>();
  const addOwner = async (name: string): Promise<string> => z.object({ enrolment_token: z.string() }).parse(await call('POST', '/accounts', { name })).enrolment_token;
  let briefs = 0;
  return {
    async enrol(name, owner) {
      const added = owners.get(owner) ?? addOwner(owner);
      owners.set(owner, added);
      return z.object({ token: z.string() }).parse(await call('POST', '/workers', { name, ...MACHINE }, await added)).token;
    },
    async ensurePending(tasks) {
      for (let { pending } = await countTasks(); pending < tasks; pending += TASKS_PER_BRIEF) {
        briefs += 1;
        const brief = { title: `Benchmark ${briefs}`, experiment: 'quadratic', strategy: { name: 'random', seed: briefs }, num_tasks: TASKS_PER_BRIEF, time_budget_seconds: 1, budget_credits: TASKS_PER_BRIEF, ...(isVerified ? { verification: true } : {}) };
        await call('POST', '/briefs', brief);
      }
    },
    countCompleted: async () => (await countTasks()).completed,
  };
}
