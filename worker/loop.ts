import { randomUUID } from 'node:crypto';
import { NETWORK } from '#core/worker.ts';
import { createClient, isForgotten, untilReached, type Client } from './client.ts';
import { openDataFolder, type DataFolder } from './data-folder.ts';
import type { Environment } from './environment.ts';
import type { Emit, Log, WorkerEvent } from './events.ts';
import { createLoadMeter, detectMachine, hasNvidiaTool, type Machine } from './hardware.ts';
import { currentIdentity, forgetIdentities, readIdentities, rememberIdentity, type Identity } from './identity.ts';
import { runSession, type SessionEnd } from './session.ts';
import { createPackages, removeUnfinished } from './packages.ts';
import { spoolResult, type Workshop } from './runner.ts';
import { endLeftovers, forgetInterrupted, type Interrupted } from './running.ts';
import { detectRuntimes, type Detected } from './runtimes.ts';
import { openSandbox, type Sandbox, type SandboxSettings } from './sandbox.ts';
import { createSpool, type Spool, type Undelivered } from './spool.ts';

/** A server that forgets a worker sooner than this after taking it in would do so again. */
const SOONEST_FORGOTTEN_MS = 60_000;

/** What a worker is started with. */
export type WorkerOptions = {
  /** The server's address, e.g. `http://127.0.0.1:8000`; a path in it is not used. */
  serverUrl: string;
  /** Needed to register; null will do for a worker that the server knows already. */
  enrolmentToken: string | null;
  /** What people call it, on one line. */
  name: string;
  /** How many tasks run at the same time. */
  slots: number;
  /** Where it keeps its identity, packages, scratch folders and undelivered results. One worker per folder. */
  dataDir: string;
  /** An interpreter other than the `python3` of the search path. */
  pythonPath: string | null;
  /** How tasks are to be contained. */
  sandbox: SandboxSettings;
  /** The environment to find runtimes in; scripts get little of it. */
  environment: Environment;
  log: Log;
  onEvent?: ((event: WorkerEvent) => void) | undefined;
  /** Finish what runs, deliver it, return. */
  signal: AbortSignal;
  /** Stop what runs, report it within seconds or leave the report on disk, return. */
  stopSignal: AbortSignal;
};

/** A worker cannot work; its message is a sentence that says why and what to do. */
export class WorkerRefused extends Error {
  override readonly name = 'WorkerRefused';
}

type Machinery = { options: WorkerOptions; folder: DataFolder; machine: Machine; detected: Detected; sandbox: Sandbox; spool: Spool; hasNvidia: boolean; emit: Emit };

type Known = { ok: true; identity: Identity; remembered: boolean } | { ok: false; reason: string | null };

/**
 * Runs a worker until a signal ends it. It cleans up after an earlier one that was killed, registers once and remembers
 * who it is, and works for the server.
 *
 * @throws WorkerRefused when another worker has the data folder, or the server does not take this worker in
 * @throws Error when the data folder cannot be written
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const folder = await openDataFolder(options.dataDir);
  if (folder === null) throw refusal(options, `Another worker is running with the data folder ${options.dataDir}. Stop it, or give this one its own folder with --worker-data.`);
  const emit: Emit = (event) => options.onEvent?.(event);
  try {
    const interrupted = await endLeftovers(folder, options.log);
    await removeUnfinished(folder.packages);
    const spool = createSpool(folder.spool, options.log, emit);
    await spool.load();
    await reportInterrupted(spool, folder, interrupted);
    const [machine, detected, hasNvidia] = await Promise.all([detectMachine(), detectRuntimes(options.pythonPath, options.environment, options.stopSignal), hasNvidiaTool()]);
    const sandbox = await openSandbox({ settings: options.sandbox, folder, machine, python: detected.python, environment: options.environment, slots: options.slots, signal: options.stopSignal });
    const { level, lacks } = sandbox.said;
    if (options.sandbox.mode === 'required' && !options.stopSignal.aborted && level !== 'bubblewrap') throw refusal(options, `Tasks cannot be contained on this machine, which --sandbox required asks for. ${lacks.join(' ')}`);
    options.log.info({ sandbox: sandbox.said }, 'tasks are contained');
    emit({ type: 'contained', mode: options.sandbox.mode, sandbox: sandbox.said });
    return await serve({ options, folder, machine, detected: withNetwork(detected, sandbox), sandbox, spool, hasNvidia, emit });
  } finally {
    folder.unlock();
  }
}

// The network is a runtime like others to the server: it gives tasks that ask for it only to who reports it.
function withNetwork(detected: Detected, { allowsNetwork }: Sandbox): Detected {
  return allowsNetwork ? { ...detected, runtimes: { ...detected.runtimes, [NETWORK]: true } } : detected;
}

// What was cut off is reported as failed, so that it is tried again before its lease would run out.
async function reportInterrupted(spool: Spool, folder: DataFolder, interrupted: Interrupted[]): Promise<void> {
  for (const one of interrupted) {
    if (spool.find(one) !== null) continue;
    const error = { kind: 'worker_stopped', message: 'The worker ended suddenly while the script ran.' };
    await spoolResult({ spool, serverUrl: one.server_url, workerId: one.worker_id }, one, { outcome: 'failed', metrics: {}, error });
  }
  await forgetInterrupted(folder.running);
}

/** Works under one identity after another: where the server has forgotten this worker, it registers anew. */
async function serve(machinery: Machinery): Promise<void> {
  const { options, folder } = machinery;
  for (;;) {
    const known = await identify(machinery);
    if (!known.ok && known.reason !== null) throw refusal(options, known.reason);
    if (!known.ok) return finish(machinery, 'stopped');
    const since = performance.now();
    const end = await work(machinery, known);
    if (end === 'drained' || end === 'stopped') return finish(machinery, end);
    await forgetIdentities(folder.identities, (one) => one.token === known.identity.token);
    options.log.warn({ worker_id: known.identity.worker_id, end }, 'the server no longer knows this worker');
    if (end === 'removed') throw refusal(options, 'This worker was removed on the server. Start it again to register it anew.');
    const isNew = !known.remembered && performance.now() - since < SOONEST_FORGOTTEN_MS;
    if (isNew) throw refusal(options, 'The server took this worker in and then did not know it. Look at the server before starting the worker again.');
  }
}

async function identify(machinery: Machinery): Promise<Known> {
  const { options, folder } = machinery;
  const identities = await readIdentities(folder.identities);
  const current = currentIdentity(identities, origin(options));
  if (current !== null && current.machine === describe(machinery)) return { ok: true, identity: current, remembered: true };
  return register(machinery);
}

async function register(machinery: Machinery): Promise<Known> {
  const { options, folder, machine, detected, sandbox } = machinery;
  const { log, name, slots } = options;
  if (options.enrolmentToken === null) return { ok: false, reason: `This worker is not registered at ${options.serverUrl} yet: start it with --token and an enrolment token of that server.` };
  const client = connect(machinery, options.enrolmentToken);
  const key = randomUUID();
  const signal = AbortSignal.any([options.signal, options.stopSignal]);
  const answer = await untilReached(() => client.register({ name, hardware: machine, runtimes: detected.runtimes, slots, sandbox: sandbox.said }, key, signal), signal);
  if (answer.kind === 'aborted') return { ok: false, reason: null };
  if (answer.kind === 'refused') {
    const reason = isForgotten(answer) || answer.status === 403 ? `The server at ${options.serverUrl} refused the enrolment token. Make a new one there and start the worker with it.` : `The server at ${options.serverUrl} refused to register this worker: ${answer.detail}`;
    return { ok: false, reason };
  }
  const { worker_id, token, heartbeat_seconds } = answer.value;
  const identity: Identity = { server_url: origin(options), worker_id, token, heartbeat_seconds, machine: describe(machinery) };
  await rememberIdentity(folder.identities, identity);
  log.info({ worker_id, server: identity.server_url }, 'worker registered');
  return { ok: true, identity, remembered: false };
}

async function work(machinery: Machinery, { identity, remembered }: { identity: Identity; remembered: boolean }): Promise<SessionEnd> {
  const { options, folder, machine, detected, spool, emit } = machinery;
  const { name, slots, log, environment } = options;
  const client = connect(machinery, identity.token);
  const tokens = new Map((await readIdentities(folder.identities)).map((one) => [`${one.server_url} ${one.worker_id}`, one.token]));
  const workshop: Workshop = {
    client,
    workerId: identity.worker_id,
    packages: createPackages(folder.packages, client, options.stopSignal),
    spool,
    folders: folder,
    python: detected.python,
    sandbox: machinery.sandbox,
    environment,
    cores: machine.cpu_cores,
    gpus: machine.gpus.length,
    slots,
    log,
    emit,
  };
  const clientOf = (result: Undelivered): Client | null => {
    const token = tokens.get(`${result.server_url} ${result.worker_id}`);
    if (token === undefined || result.server_url !== client.serverUrl) return null;
    return token === identity.token ? client : createClient({ serverUrl: result.server_url, token });
  };
  emit({ type: 'registered', workerId: identity.worker_id, name, slots, remembered });
  return runSession({
    workshop,
    isNew: !remembered,
    heartbeatSeconds: identity.heartbeat_seconds,
    measureLoad: createLoadMeter(machinery.hasNvidia),
    clientOf,
    drain: options.signal,
    stop: options.stopSignal,
  });
}

/** Identities that no undelivered result belongs to are forgotten, but for the current one of each server. */
async function finish({ options, folder, spool, emit }: Machinery, reason: SessionEnd): Promise<void> {
  const known = await readIdentities(folder.identities);
  const needed = new Set(spool.list().map((one) => `${one.server_url} ${one.worker_id}`));
  await forgetIdentities(folder.identities, (one) => currentIdentity(known, one.server_url)?.worker_id !== one.worker_id && !needed.has(`${one.server_url} ${one.worker_id}`));
  options.log.info({ reason, undelivered: needed.size }, 'worker ended');
  emit({ type: 'ended', reason });
}

function refusal({ log, onEvent }: WorkerOptions, reason: string): WorkerRefused {
  log.warn({ reason }, 'worker cannot work');
  onEvent?.({ type: 'ended', reason });
  return new WorkerRefused(reason);
}

function connect({ options, emit }: Machinery, token: string): Client {
  const onReach = (reachable: boolean, detail: string) => {
    if (reachable) options.log.info({}, 'the server answers again');
    else options.log.warn({ detail }, 'the server cannot be reached; running tasks go on');
    emit(reachable ? { type: 'reachable' } : { type: 'unreachable', detail });
  };
  return createClient({ serverUrl: origin(options), token, onReach });
}

/** What of a worker the server decides by; where it changes, the worker introduces itself anew. */
function describe({ options, machine, detected, sandbox }: Machinery): string {
  const { cpu_model, cpu_cores, ram_gb, gpus } = machine;
  return JSON.stringify([options.name, options.slots, cpu_model, cpu_cores, Math.round(ram_gb), gpus, detected.runtimes, sandbox.said]);
}

function origin({ serverUrl }: WorkerOptions): string {
  return new URL(serverUrl).origin;
}
