import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startServer, type RunningServer } from '#bin/server.ts';
import type { ServerConfig } from '#bin/settings.ts';

/** Experiments that report made-up values, for tests only. */
export const SYNTHETIC_EXPERIMENTS = join(import.meta.dirname, 'fixtures', 'experiments');

/** An answer of the API: its status, its body (parsed where it is JSON) and its headers. */
export type Answer = { status: number; body: ReturnType<typeof JSON.parse>; headers: Headers };

/** A real server on a free port and an own data folder. */
export type TestServer = RunningServer & {
  dataDir: string;
  /** Calls the API; `token` is the administrator's unless given. A string is sent as it is, anything else as JSON. */
  call(method: string, path: string, body?: unknown, token?: string | null, headers?: Record<string, string>): Promise<Answer>;
  /** Registers a worker and returns what it may call with. */
  enrol(hardware?: Record<string, unknown>, runtimes?: Record<string, unknown>): Promise<{ workerId: string; token: string }>;
  stop(): Promise<void>;
};

/** Starts a server as `xeenet serve` does. Stop it in the test's end. */
export async function startTestServer(settings: Partial<ServerConfig> = {}): Promise<TestServer> {
  const dataDir = settings.data ?? (await mkdtemp(join(tmpdir(), 'xeenet-test-')));
  const config: ServerConfig = {
    host: '127.0.0.1',
    port: 0,
    database_url: null,
    admin_token: null,
    enrolment_token: null,
    starter_credits: 1000,
    experiments_dir: SYNTHETIC_EXPERIMENTS,
    // On a machine that is slow with other work no worker falls silent, and no lease runs out, by itself.
    heartbeat_seconds: 300,
    lease_seconds: 1200,
    development: false,
    webhook_allow: null,
    ledger_key_file: null,
    log_level: 'silent',
    ...settings,
    data: dataDir,
  };
  const server = await startServer(config, pino({ level: 'silent' }));
  const call: TestServer['call'] = async (method, path, body, token = server.adminToken, headers = {}) => {
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      redirect: 'manual',
    });
    const text = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, body: json ? JSON.parse(text) : text, headers: response.headers };
  };
  return {
    ...server,
    dataDir,
    call,
    async enrol(hardware = {}, runtimes = { node: '26.10.0' }) {
      const machine = { cpu_model: 'test', cpu_cores: 4, ram_gb: 16, gpus: [], platform: 'linux', arch: 'x64', ...hardware };
      const { body } = await call('POST', '/api/v1/workers', { name: 'test worker', hardware: machine, runtimes, slots: 1 }, server.enrolmentToken);
      return { workerId: body.worker_id, token: body.token };
    },
    async stop() {
      await server.close();
      if (settings.data === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A small brief of the synthetic experiment. */
export function smallBrief(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { title: 'Small brief', goal: 'Test', experiment: 'quadratic', strategy: { name: 'random', seed: 1 }, num_tasks: 3, time_budget_seconds: 0.5, budget_credits: 100, ...changes };
}
