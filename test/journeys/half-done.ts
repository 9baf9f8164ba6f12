import { touchWorker } from '#store/worker.ts';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';

/** A worker that reports by hand. */
export type Machine = { id: string; token: string };

/** What a worker names a task by when it reports. */
export type Lease = { taskId: string; attempt: number; token: string };

/**
 * A server with a campaign that is half done. Of its eight tasks, two seeds for each of four configurations, five have
 * a value, #6 runs, #7 failed for good and #8 waits. Another brief waits for a GPU that nobody has.
 */
export type HalfDone = {
  server: TestServer;
  brief: { id: string; familyId: string };
  stuck: { id: string; familyId: string };
  /** It has run everything so far, and is busy with #6. */
  busy: Machine;
  /** It was last heard an hour ago. */
  silent: Machine;
  running: Lease;
  /** Sends one more point and one more line of the running task. */
  report(step: number): Promise<void>;
};

/** The values by the tasks' numbers: #1 and #2 have the best configuration, #3 and #4 one that cannot be told from it. */
export const VALUES: Readonly<Record<number, number>> = { 1: 1, 2: 1.1, 3: 1.05, 4: 1.2, 5: 3 };
const FAILS = 7;
const RUNS = 6;
const HOUR_MS = 3_600_000;

/** Starts a server and runs half of a campaign on it. */
export async function startHalfDone(): Promise<HalfDone> {
  const server = await startTestServer();
  const busy = await enrol(server, 'lab-1', { gpus: [{ model: 'Example GPU', vram_gb: 24 }] });
  const silent = await enrol(server, 'lab-2', {});
  await server.engine.store.write((tx) => touchWorker(tx, silent.id, { cpuPercent: 5, ramUsedGb: 2, gpuPercent: null }, server.engine.now() - HOUR_MS));
  const brief = await submit(server, { title: 'Which bowl is deepest?', goal: 'The lowest loss.', num_tasks: 8, replicates: 2, budget_credits: 50 });
  await must(server, '/api/v1/heartbeats', { load: { cpu_percent: 50, ram_used_gb: 4, gpu_percent: 30 }, leases: [] }, busy.token);
  let running: Lease | null = null;
  while (running === null) {
    const lease = await claim(server, busy);
    const number = Number(lease.taskId.split('-').at(-1));
    await reportOf(server, busy, lease, 1);
    if (number === RUNS) running = lease;
    else await finish(server, busy, lease, number === FAILS ? null : (VALUES[number] ?? 2));
  }
  const held = running;
  const stuck = await submit(server, { title: 'Needs what nobody has', num_tasks: 2, requires: { gpu_vram_gb: 80 } });
  return { server, brief, stuck, busy, silent, running, report: (step) => reportOf(server, busy, held, step) };
}

async function must(server: TestServer, path: string, body: unknown, token?: string): Promise<ReturnType<typeof JSON.parse>> {
  const answer = await server.call('POST', path, body, token);
  if (answer.status >= 400) throw new Error(`POST ${path} was answered with ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function enrol(server: TestServer, name: string, hardware: Record<string, unknown>): Promise<Machine> {
  const machine = { cpu_model: 'Example CPU', cpu_cores: 4, ram_gb: 16, gpus: [], platform: 'linux', arch: 'x64', ...hardware };
  const body = await must(server, '/api/v1/workers', { name, hardware: machine, runtimes: { node: '26.10.0' }, slots: 1 }, server.enrolmentToken);
  return { id: body.worker_id, token: body.token };
}

async function submit(server: TestServer, changes: Record<string, unknown>): Promise<{ id: string; familyId: string }> {
  const body = await must(server, '/api/v1/briefs', smallBrief(changes));
  return { id: body.id, familyId: body.family_id };
}

async function claim(server: TestServer, machine: Machine): Promise<Lease> {
  const [task] = (await must(server, '/api/v1/claims', {}, machine.token)).tasks;
  if (task === undefined) throw new Error('there was no task to claim');
  return { taskId: task.task_id, attempt: task.attempt, token: task.lease_token };
}

async function reportOf(server: TestServer, machine: Machine, { taskId, attempt, token }: Lease, step: number): Promise<void> {
  const lease = { attempt, lease_token: token };
  const points = [step, step + 1].map((one) => ({ step: one, name: 'loss', value: 1 + 1 / one, at_seconds: one }));
  await must(server, `/api/v1/tasks/${taskId}/metrics`, { ...lease, points }, machine.token);
  await must(server, `/api/v1/tasks/${taskId}/log`, { ...lease, text: `step ${step} is done\n` }, machine.token);
}

async function finish(server: TestServer, machine: Machine, { taskId, attempt, token }: Lease, value: number | null): Promise<void> {
  const result = value === null ? { outcome: 'failed', error: { kind: 'exit_code', message: 'It ended with status 1: out of memory' } } : { outcome: 'completed', metrics: { loss: value, steps: 2 } };
  await must(server, `/api/v1/tasks/${taskId}/result`, { attempt, lease_token: token, ...result }, machine.token);
}
