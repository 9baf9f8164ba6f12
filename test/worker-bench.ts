import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { WorkerEvent } from '#worker/events.ts';
import { runWorker, type WorkerOptions } from '#worker/loop.ts';
import { startTestServer, type TestServer } from './running-server.ts';

/** An experiment of a test: its script, and what its contract says beyond the usual. */
export type TestExperiment = { script: string; run?: string[]; contract?: Record<string, unknown> };

type EventOf<Type extends WorkerEvent['type']> = Extract<WorkerEvent, { type: Type }>;

/** A worker in this process, and what it said. */
export type TestWorker = {
  events: WorkerEvent[];
  dataDir: string;
  /** Waits for an event of a type, also one that has passed already, that fits. */
  until<Type extends WorkerEvent['type']>(type: Type, fits?: (event: EventOf<Type>) => boolean): Promise<EventOf<Type>>;
  drain(): void;
  stop(): void;
  /** Settles when the worker has ended. */
  ended: Promise<void>;
};

/** A real server that offers a test's experiments, with workers of a test. */
export type Bench = {
  readonly server: TestServer;
  folder: string;
  /** Adds experiments to those of the server. */
  offer(more: Record<string, TestExperiment>): Promise<void>;
  /** Stops the server, does something in its absence, and starts it again with the same address and data. */
  withoutServer(meanwhile: () => Promise<void>): Promise<void>;
  /** Submits a brief of so many tasks and returns their family's id. */
  submit(experiment: string, tasks?: number): Promise<{ briefId: string; familyId: string; tasks(): Promise<TaskOfWire[]>; cancel(): Promise<void> }>;
  work(options?: Partial<WorkerOptions>): TestWorker;
  close(): Promise<void>;
};

type TaskOfWire = { id: string; state: string; attempt: number; value: number | null; metrics: Record<string, unknown> | null; error: { kind: string; message: string } | null };

/** Starts a server with experiments that are written for a test. Close it in the test's end. */
export async function startBench(experiments: Record<string, TestExperiment>, settings: Parameters<typeof startTestServer>[0] = {}): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'xeenet-bench-'));
  const offer = async (more: Record<string, TestExperiment>) => {
    for (const [name, experiment] of Object.entries(more)) await writeExperiment(join(folder, 'experiments', name), name, experiment);
  };
  await mkdir(join(folder, 'experiments'));
  await offer(experiments);
  const start = (port: number) => startTestServer({ experiments_dir: join(folder, 'experiments'), data: join(folder, 'server'), lease_seconds: 30, ...settings, port });
  let server = await start(0);
  const workers = new Set<TestWorker>();
  return {
    get server() {
      return server;
    },
    folder,
    offer,
    async withoutServer(meanwhile) {
      const { port } = new URL(server.url);
      await server.stop();
      await meanwhile();
      server = await start(Number(port));
    },
    async submit(experiment, tasks = 1) {
      const brief = { title: experiment, goal: 'Test', experiment, strategy: { name: 'random', seed: 1 }, num_tasks: tasks, budget_credits: 1000 };
      const { status, body } = await server.call('POST', '/api/v1/briefs', brief);
      if (status !== 201) throw new Error(`the brief was refused: ${JSON.stringify(body)}`);
      const list = async () => (await server.call('GET', `/api/v1/tasks?family_id=${body.family_id}`)).body.items;
      return { briefId: body.id, familyId: body.family_id, tasks: list, cancel: async () => void (await server.call('POST', `/api/v1/briefs/${body.id}/cancel`)) };
    },
    work(options = {}) {
      const worker = startWorker(server, join(folder, `worker-${workers.size}`), options);
      workers.add(worker);
      return worker;
    },
    async close() {
      for (const worker of workers) worker.stop();
      await Promise.allSettled([...workers].map((worker) => worker.ended));
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function startWorker(server: TestServer, dataDir: string, changes: Partial<WorkerOptions>): TestWorker {
  const [drain, stop] = [new AbortController(), new AbortController()];
  const events: WorkerEvent[] = [];
  const listeners = new Set<() => void>();
  const onEvent = (event: WorkerEvent) => {
    events.push(event);
    for (const listener of listeners) listener();
  };
  const options: WorkerOptions = {
    serverUrl: server.url,
    enrolmentToken: server.enrolmentToken,
    name: 'bench worker',
    slots: 1,
    dataDir,
    pythonPath: '/there/is/no/python',
    sandbox: { mode: 'off', allowNetwork: false, readable: [], memoryGb: null, diskGb: null, processes: null },
    environment: { ...process.env, XEENET_ADMIN_TOKEN: 'a secret', AWS_SECRET_ACCESS_KEY: 'another secret' },
    log: pino({ level: 'silent' }),
    onEvent,
    signal: drain.signal,
    stopSignal: stop.signal,
    ...changes,
  };
  const ended = runWorker(options);
  // Whoever awaits it gets the failure; nobody has to.
  ended.catch(() => undefined);
  const until: TestWorker['until'] = (type, fits = () => true) =>
    new Promise((resolve, reject) => {
      const look = () => {
        for (const event of events) {
          if (event.type !== type) continue;
          const candidate = event as EventOf<typeof type>;
          if (!fits(candidate)) continue;
          listeners.delete(look);
          return resolve(candidate);
        }
      };
      listeners.add(look);
      look();
      ended.then(() => reject(new Error(`the worker ended before "${type}": ${JSON.stringify(events)}`)), reject);
    });
  return { events, dataDir: options.dataDir, until, drain: () => drain.abort(), stop: () => stop.abort(), ended };
}

async function writeExperiment(folder: string, name: string, { script, run = ['node', 'main.mjs'], contract = {} }: TestExperiment): Promise<void> {
  await mkdir(folder, { recursive: true });
  const manifest = {
    name,
    title: name,
    synthetic: true,
    run,
    metric: { name: 'loss', direction: 'minimize', above: 0 },
    time_budget_seconds: 0.2,
    startup_seconds: 20,
    grace_seconds: 0,
    space: { x: { type: 'int', low: 1, high: 1000 } },
    ...contract,
  };
  // Every JSON document is a YAML document.
  await writeFile(join(folder, 'experiment.yaml'), JSON.stringify(manifest));
  await writeFile(join(folder, 'main.mjs'), script);
}
