import { join } from 'node:path';
import type { Metrics, Result } from '#core/result.ts';
import type { Client } from './client.ts';
import { scriptEnvironment, type Environment } from './environment.ts';
import { attemptKey, type Claim, type Emit, type Log } from './events.ts';
import { countOutOfMemoryKills, createTail, toResult } from './outcome.ts';
import { createLineSplitter, readLine } from './output.ts';
import type { Packages } from './packages.ts';
import { withPatience } from './patience.ts';
import { Reporter } from './reporter.ts';
import { forgetRunning, noteRunning } from './running.ts';
import type { Python } from './runtimes.ts';
import type { Sandbox } from './sandbox.ts';
import { createScratch, removeScratch, type Scratch } from './scratch.ts';
import { runScript, type Ending } from './script.ts';
import type { Spool } from './spool.ts';

const FLUSH_WITHIN_MS = 10_000;
const FLUSH_WHEN_STOPPED_MS = 400;

/** What a worker has that its tasks need. */
export type Workshop = {
  client: Client;
  workerId: string;
  packages: Packages;
  spool: Spool;
  folders: { scratch: string; running: string };
  python: Python | null;
  sandbox: Sandbox;
  /** The worker's own environment; scripts get little of it. */
  environment: Environment;
  cores: number;
  gpus: number;
  slots: number;
  log: Log;
  emit: Emit;
};

/** What ends an attempt from outside. Both reasons are as in `StopReason`. */
export type AttemptSignals = {
  /** Aborted with 'lost' or 'worker_stopped'. */
  end: AbortController;
  /** Aborted when the worker is to stop now: little time is left to report. */
  stop: AbortSignal;
};

/**
 * Runs one claimed task and puts its result into the spool; what was reported before is sent first. Returns false when
 * the lease was lost: then there is nothing to report.
 */
export async function runTask(workshop: Workshop, claim: Claim, slot: number, signals: AttemptSignals): Promise<boolean> {
  const { log, emit } = workshop;
  const name = { taskId: claim.task_id, attempt: claim.attempt };
  const startedAt = performance.now();
  const reporter = new Reporter({ client: workshop.client, claim, log, onLost: () => signals.end.abort('lost') });
  const result = await attempt(workshop, claim, slot, signals.end.signal, reporter);
  if (result === null || signals.end.signal.reason === 'lost') {
    reporter.close();
    await forgetRunning(workshop.folders.running, claim);
    log.warn({ task_id: claim.task_id, attempt: claim.attempt }, 'lease lost, task stopped');
    emit({ type: 'lost', ...name });
    return false;
  }
  await spoolResult({ ...workshop, serverUrl: workshop.client.serverUrl }, claim, result);
  await forgetRunning(workshop.folders.running, claim);
  const seconds = (performance.now() - startedAt) / 1000;
  log.info({ task_id: claim.task_id, attempt: claim.attempt, outcome: result.outcome, kind: result.error?.kind, seconds }, 'task finished');
  emit({ type: 'finished', ...name, seconds, metric: claim.metric, outcome: result.outcome, metrics: result.metrics, error: result.error });
  const limits = [
    { after: AbortSignal.abort(), ms: FLUSH_WITHIN_MS },
    { after: signals.stop, ms: FLUSH_WHEN_STOPPED_MS },
  ];
  await withPatience(limits, (signal) => reporter.finish(signal));
  return true;
}

/** In whose name a result is reported. */
export type Owner = { spool: Pick<Spool, 'put'>; serverUrl: string; workerId: string };

/** Puts a result into the spool. */
export function spoolResult(owner: Owner, claim: Pick<Claim, 'task_id' | 'attempt' | 'lease_token'>, result: Result): Promise<void> {
  const body = { attempt: claim.attempt, lease_token: claim.lease_token, ...result };
  return owner.spool.put({ server_url: owner.serverUrl, worker_id: owner.workerId, task_id: claim.task_id, body });
}

async function attempt(workshop: Workshop, claim: Claim, slot: number, signal: AbortSignal, reporter: Reporter): Promise<Result | null> {
  if (claim.network && !workshop.sandbox.allowsNetwork) return failed('network_refused', 'The experiment asks for the network, which the owner of this worker does not allow (--allow-network).');
  const obtained = await workshop.packages.obtain(claim.package_sha256, signal);
  if (obtained === null) return failed('worker_stopped', 'The worker was told to stop before the script began.');
  if (!obtained.ok) return { outcome: 'failed', metrics: {}, error: obtained.error };
  const folder = join(workshop.folders.scratch, attemptKey(claim));
  const config = { ...claim.config, seed: claim.seed, time_budget_seconds: claim.time_budget_seconds };
  try {
    const scratch = await createScratch(folder, obtained.folder, config);
    return await runIn({ ...scratch, source: obtained.folder }, workshop, claim, slot, signal, reporter);
  } catch (error) {
    workshop.log.error({ task_id: claim.task_id, attempt: claim.attempt, err: error }, 'the attempt could not be prepared');
    return failed('spawn', `The worker could not prepare the attempt: ${error instanceof Error ? error.message : String(error)}.`);
  } finally {
    await removeScratch(folder).catch((error: unknown) => workshop.log.warn({ folder, err: error }, 'a scratch folder could not be removed'));
  }
}

async function runIn(scratch: Scratch & { source: string }, workshop: Workshop, claim: Claim, slot: number, signal: AbortSignal, reporter: Reporter): Promise<Result> {
  const { log, emit, python, sandbox } = workshop;
  const limitSeconds = claim.startup_seconds + claim.time_budget_seconds + claim.grace_seconds;
  const [command = '', ...args] = sandbox.enclose([...commandOf(claim.run, python), '--config-file', scratch.configFile], claim, scratch, scratch.source);
  const output = createOutput(claim, reporter, emit);
  const killsBefore = countOutOfMemoryKills();
  emit({ type: 'started', taskId: claim.task_id, attempt: claim.attempt, experiment: claim.experiment, limitSeconds });
  log.info({ task_id: claim.task_id, attempt: claim.attempt, experiment: claim.experiment, slot }, 'task started');
  const ending: Ending = await runScript({
    command,
    args,
    workingFolder: scratch.package,
    folder: scratch.folder,
    env: scriptEnvironment({ ...workshop, slot, home: scratch.home, temporary: scratch.temporary }),
    limitMs: limitSeconds * 1000,
    limits: sandbox.limitsOf(claim),
    isEnclosed: sandbox.isEnclosing,
    signal,
    sink: reporter,
    onOutput: output.add,
    onError: output.addError,
    // Without the note a sudden end of the worker may leave this script behind; that is no reason not to run it.
    onStart: (pid) =>
      noteRunning(workshop.folders.running, claim, { serverUrl: workshop.client.serverUrl, workerId: workshop.workerId }, pid).catch((error: unknown) =>
        log.warn({ task_id: claim.task_id, err: error }, 'a running script could not be noted'),
      ),
  });
  const { metrics, errorTail } = output.end();
  return toResult({ ending, limitSeconds, metrics, errorTail, outOfMemoryKills: countOutOfMemoryKills() - killsBefore });
}

/** Sorts what a script writes into points, log and result. */
function createOutput(claim: Claim, reporter: Reporter, emit: Emit) {
  const startedAt = performance.now();
  const errorTail = createTail();
  const outputTail = createTail();
  let metrics: Metrics | null = null;
  const addText = (text: string) => {
    reporter.text(text);
    outputTail.add(text);
  };
  const addLine = (line: string) => {
    const read = readLine(line);
    if (read.kind !== 'progress') {
      if (read.kind === 'result') metrics = read.metrics;
      return addText(`${line}\n`);
    }
    const atSeconds = Math.round(performance.now() - startedAt) / 1000;
    for (const [name, value] of Object.entries(read.values)) reporter.point({ step: read.step, name, value, at_seconds: atSeconds });
    emit({ type: 'progress', taskId: claim.task_id, attempt: claim.attempt, step: read.step, values: read.values });
  };
  const lines = createLineSplitter(addLine, addText);
  return {
    add: lines.add,
    addError(text: string): void {
      reporter.text(text);
      errorTail.add(text);
    },
    end(): { metrics: Metrics | null; errorTail: string } {
      lines.end();
      return { metrics, errorTail: errorTail.text().trim() === '' ? outputTail.text() : errorTail.text() };
    },
  };
}

/** `node` is the Node that runs this worker, `python3` the interpreter that was detected; all else is searched for. */
function commandOf(run: string[], python: Python | null): string[] {
  const [command = '', ...args] = run;
  if (command === 'node') return [process.execPath, ...args];
  if ((command === 'python3' || command === 'python') && python !== null) return [python.path, ...args];
  return run;
}

function failed(kind: string, message: string): Result {
  return { outcome: 'failed', metrics: {}, error: { kind, message } };
}
