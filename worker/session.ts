import type { z } from 'zod';
import type { Measurement } from '#core/hardware-class.ts';
import type { heartbeatOutput } from '#protocol/worker.ts';
import { runCalibration, type DueCalibration } from './calibration.ts';
import { isForgotten, untilReached, type Answer, type Client } from './client.ts';
import { attemptKey, type Claim } from './events.ts';
import type { MachineLoad } from './hardware.ts';
import { pauseMs, waited, withPatience } from './patience.ts';
import { runTask, spoolResult, type AttemptSignals, type Workshop } from './runner.ts';
import type { Undelivered } from './spool.ts';

const WAIT_SECONDS = 20;
/** An empty answer that comes sooner than this was not a long poll, and the next one is held back. */
const SOONEST_EMPTY_MS = 1000;
const REFUSED_PAUSE_MS = 5000;
/** Within two seconds of the owner's word nothing is left: 400 ms for the script, then for its log, then for its result. */
const DELIVER_WHEN_STOPPED_MS = 900;
const DELIVER_WHEN_DRAINING_MS = 15_000;
const MOST_LEASES = 1024;

/** Why a worker's work for a server ended. `forgotten`: the server does not know this worker; `removed`: it did, until people removed the worker. */
export type SessionEnd = 'drained' | 'stopped' | 'forgotten' | 'removed';

/** A worker that a server knows. */
export type Session = {
  workshop: Workshop;
  /** Whether it was registered just now, not remembered from before. */
  isNew: boolean;
  heartbeatSeconds: number;
  measureLoad: () => Promise<MachineLoad>;
  /** The client of whoever a spooled result belongs to; null when that identity is gone. */
  clientOf: (result: Undelivered) => Client | null;
  /** Finish what runs, then return. */
  drain: AbortSignal;
  /** Stop what runs, then return. */
  stop: AbortSignal;
};

type Running = { claim: Claim; slot: number; signals: AttemptSignals };

type Refused = Extract<Answer<never>, { kind: 'refused' }>;

/**
 * Works for one server: delivers old results, then claims as many tasks as there are free slots and runs them, with a
 * heartbeat all along, until drained, stopped or no longer known there. While the server is away, tasks run on.
 */
export async function runSession(session: Session): Promise<SessionEnd> {
  const work = new Work(session);
  const { drain, stop } = session;
  const onDrain = () => work.drain();
  const onStop = () => work.end('stopped');
  drain.addEventListener('abort', onDrain, { once: true });
  stop.addEventListener('abort', onStop, { once: true });
  try {
    return await work.run();
  } finally {
    drain.removeEventListener('abort', onDrain);
    stop.removeEventListener('abort', onStop);
  }
}

class Work {
  readonly #session: Session;
  readonly #workshop: Workshop;
  readonly #running = new Map<string, Running>();
  readonly #underway = new Set<Promise<void>>();
  readonly #ended = new AbortController();
  readonly #end = Promise.withResolvers<SessionEnd>();
  /** Slots that are asked for, or not to be asked for yet. */
  #requested: number;
  #claimFailures = 0;
  #isDrainedByServer = false;
  /** Whether calibration runs are made, the one that is being made, and what ends it when the server drains this worker. */
  #calibrates: boolean;
  #calibrating: Promise<void> | null = null;
  #noCalibration = new AbortController();
  #wasKnown: boolean;

  constructor(session: Session) {
    this.#session = session;
    this.#workshop = session.workshop;
    this.#requested = session.workshop.slots;
    this.#wasKnown = session.isNew;
    this.#calibrates = session.workshop.calibration.seconds > 0;
  }

  async run(): Promise<SessionEnd> {
    if (this.#session.stop.aborted) this.end('stopped');
    else if (this.#session.drain.aborted) this.drain();
    this.#track(this.#beat());
    this.#track(this.#deliverOld());
    const reason = await this.#end.promise;
    while (this.#underway.size > 0) await Promise.all(this.#underway);
    return reason;
  }

  end(reason: SessionEnd): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    for (const { signals } of this.#running.values()) signals.end.abort(reason === 'stopped' ? 'worker_stopped' : 'lost');
    this.#end.resolve(reason);
  }

  drain(): void {
    if (this.#ended.signal.aborted) return;
    this.#workshop.emit({ type: 'draining', askedBy: 'signal', running: this.#running.size });
    this.#fill();
  }

  /** Asks for as many tasks as there are free slots, without waiting for other requests on their way. */
  #fill(): void {
    if (this.#ended.signal.aborted) return;
    if (this.#session.drain.aborted) {
      // A claim on its way is waited for: what it brings is run.
      if (this.#running.size === 0 && this.#requested === 0) this.end('drained');
      return;
    }
    const free = this.#workshop.slots - this.#running.size - this.#requested;
    if (free > 0 && !this.#isDrainedByServer) this.#track(this.#claim(free));
  }

  async #claim(slots: number): Promise<void> {
    this.#requested += slots;
    const askedAt = performance.now();
    const over = AbortSignal.any([this.#ended.signal, this.#session.drain]);
    const answer = await this.#workshop.client.claim({ slots, wait_seconds: WAIT_SECONDS, calibrates: this.#calibrates }, over);
    this.#claimFailures = answer.kind === 'unreachable' ? this.#claimFailures + 1 : 0;
    if (answer.kind === 'unreachable') await waited(pauseMs(this.#claimFailures, answer.retryAfterMs), over);
    if (answer.kind === 'refused') await this.#onRefused(answer, over);
    if (answer.kind === 'taken') {
      const { tasks, calibration } = answer.value;
      for (const task of tasks) this.#begin(task);
      if (calibration !== undefined) await this.#calibrateOnce(calibration);
      else if (tasks.length === 0 && performance.now() - askedAt < SOONEST_EMPTY_MS) await waited(SOONEST_EMPTY_MS, over);
    }
    this.#requested -= slots;
    this.#fill();
  }

  #begin(claim: Claim): void {
    const one: Running = { claim, slot: this.#freeSlot(), signals: { end: new AbortController(), stop: this.#session.stop } };
    this.#running.set(attemptKey(claim), one);
    if (this.#ended.signal.aborted) one.signals.end.abort('worker_stopped');
    this.#track(this.#work(one));
  }

  #freeSlot(): number {
    const taken = new Set([...this.#running.values()].map((one) => one.slot));
    return Array.from({ length: taken.size + 1 }, (_, index) => index).find((index) => !taken.has(index)) ?? 0;
  }

  /** Claims of all slots are told of the same calibration run, and wait for it: nothing else begins beside it. */
  #calibrateOnce(due: DueCalibration): Promise<void> {
    const onFault = (error: unknown) => {
      this.#calibrates = false;
      this.#workshop.log.error({ package_sha256: due.package_sha256, err: error }, 'the worker failed at a calibration run');
    };
    this.#calibrating ??= this.#calibrate(due).catch(onFault).finally(() => (this.#calibrating = null));
    return this.#calibrating;
  }

  async #calibrate(due: DueCalibration): Promise<void> {
    const { log, emit, calibration, client } = this.#workshop;
    const { package_sha256, experiment } = due;
    const over = AbortSignal.any([this.#ended.signal, this.#session.drain, this.#noCalibration.signal]);
    const measurement = (await calibration.cache.find(package_sha256)) ?? (await this.#measure(due, over));
    if (measurement === null) return;
    await calibration.cache.keep(package_sha256, measurement).catch((error: unknown) => log.warn({ err: error }, 'a measurement could not be kept'));
    const said = measurement.ok ? { steps: measurement.steps, seconds: measurement.seconds } : { reason: measurement.reason };
    const answer = await untilReached(() => client.sendCalibration({ package_sha256, ...said }, over), over);
    if (answer.kind === 'refused') {
      // Tasks are more important than where they are counted; the next claim says whether the worker is still known.
      this.#calibrates = false;
      log.warn({ package_sha256, code: answer.code, detail: answer.detail }, 'the server did not take a calibration run');
    }
    if (answer.kind !== 'taken') return;
    log.info({ package_sha256, experiment, measurement, class: answer.value.number }, 'calibrated');
    emit({ type: 'calibrated', experiment, measurement, hardwareClass: `class ${answer.value.number}` });
  }

  async #measure(due: DueCalibration, over: AbortSignal): Promise<Measurement | null> {
    const { calibration, log, emit } = this.#workshop;
    emit({ type: 'calibrating', experiment: due.experiment, seconds: calibration.seconds });
    log.info({ package_sha256: due.package_sha256, experiment: due.experiment }, 'calibration run started');
    return runCalibration(this.#workshop, due, this.#freeSlot(), calibration.seconds, over);
  }

  async #work({ claim, slot, signals }: Running): Promise<void> {
    const { log, spool } = this.#workshop;
    try {
      if (await runTask(this.#workshop, claim, slot, signals)) await this.#deliver(spool.find(claim));
    } catch (error) {
      log.error({ task_id: claim.task_id, attempt: claim.attempt, err: error }, 'the worker failed at a task');
      await this.#confess(claim, error);
    }
    this.#running.delete(attemptKey(claim));
    this.#fill();
  }

  /** Reports that the worker itself could not run a task, if need be without a copy on the disk that may be the cause. */
  async #confess(claim: Claim, error: unknown): Promise<void> {
    const { log, spool } = this.#workshop;
    const message = `The worker itself failed: ${error instanceof Error ? error.message : String(error)}.`;
    try {
      if (spool.find(claim) === null) await spoolResult({ ...this.#workshop, serverUrl: this.#workshop.client.serverUrl }, claim, { outcome: 'failed', metrics: {}, error: { kind: 'worker_error', message } });
    } catch (fault) {
      log.error({ task_id: claim.task_id, attempt: claim.attempt, err: fault }, 'a result could not be written to disk and is only sent');
    }
    await this.#deliver(spool.find(claim));
  }

  // Old results come first: their leases live on with the heartbeat, and they end attempts that count as running.
  async #deliverOld(): Promise<void> {
    await Promise.all(this.#workshop.spool.list().map((one) => this.#deliver(one)));
    this.#requested -= this.#workshop.slots;
    this.#fill();
  }

  async #deliver(result: Undelivered | null): Promise<void> {
    const client = result === null ? null : this.#session.clientOf(result);
    if (result === null || client === null) return;
    const limits = [
      { after: this.#ended.signal, ms: DELIVER_WHEN_STOPPED_MS },
      { after: this.#session.drain, ms: DELIVER_WHEN_DRAINING_MS },
    ];
    const isSettled = await withPatience(limits, (signal) => this.#workshop.spool.deliver(result, client, signal));
    if (!isSettled) this.#workshop.log.warn({ task_id: result.task_id, attempt: result.body.attempt }, 'the result stays on disk and is sent when this worker runs again');
  }

  async #beat(): Promise<void> {
    const { client } = this.#workshop;
    const everyMs = this.#session.heartbeatSeconds * 1000;
    let failures = 0;
    while (!this.#ended.signal.aborted) {
      const load = await this.#session.measureLoad();
      const answer = await client.heartbeat({ load, leases: this.#leases() }, this.#ended.signal);
      failures = answer.kind === 'unreachable' ? failures + 1 : 0;
      if (answer.kind === 'refused') await this.#onRefused(answer, this.#ended.signal);
      if (answer.kind === 'taken') this.#heed(answer.value);
      await waited(answer.kind === 'unreachable' ? Math.min(everyMs, pauseMs(failures, answer.retryAfterMs)) : everyMs, this.#ended.signal);
    }
  }

  #heed(said: z.output<typeof heartbeatOutput>): void {
    this.#wasKnown = true;
    for (const lease of said.lost) this.#running.get(attemptKey(lease))?.signals.end.abort('lost');
    if (said.drain !== this.#isDrainedByServer) this.#workshop.emit(said.drain ? { type: 'draining', askedBy: 'server', running: this.#running.size } : { type: 'resumed' });
    this.#isDrainedByServer = said.drain;
    if (said.drain) this.#noCalibration.abort();
    else if (this.#noCalibration.signal.aborted) this.#noCalibration = new AbortController();
    this.#fill();
  }

  /** All leases to be renewed: of running tasks, and of results that wait to be delivered in this worker's name. */
  #leases(): { task_id: string; attempt: number }[] {
    const { workerId, client, spool } = this.#workshop;
    const waiting = spool.list().filter((one) => one.worker_id === workerId && one.server_url === client.serverUrl);
    const names = [...[...this.#running.values()].map((one) => one.claim), ...waiting.map((one) => ({ task_id: one.task_id, attempt: one.body.attempt }))];
    const distinct = new Map(names.map(({ task_id, attempt }) => [attemptKey({ task_id, attempt }), { task_id, attempt }]));
    return [...distinct.values()].slice(0, MOST_LEASES);
  }

  async #onRefused(answer: Refused, over: AbortSignal): Promise<void> {
    if (isForgotten(answer)) return this.end(answer.code === 'worker_removed' && this.#wasKnown ? 'removed' : 'forgotten');
    this.#workshop.log.error({ code: answer.code, detail: answer.detail }, 'the server refused a request of this worker');
    await waited(REFUSED_PAUSE_MS, over);
  }

  #track(work: Promise<void>): void {
    const settled: Promise<void> = work.finally(() => this.#underway.delete(settled));
    this.#underway.add(settled);
  }
}
