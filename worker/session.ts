import type { z } from 'zod';
import type { heartbeatOutput } from '#protocol/worker.ts';
import { isForgotten, type Answer, type Client } from './client.ts';
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
  #wasKnown: boolean;

  constructor(session: Session) {
    this.#session = session;
    this.#workshop = session.workshop;
    this.#requested = session.workshop.slots;
    this.#wasKnown = session.isNew;
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
    const answer = await this.#workshop.client.claim({ slots, wait_seconds: WAIT_SECONDS }, over);
    this.#claimFailures = answer.kind === 'unreachable' ? this.#claimFailures + 1 : 0;
    if (answer.kind === 'unreachable') await waited(pauseMs(this.#claimFailures, answer.retryAfterMs), over);
    if (answer.kind === 'refused') await this.#onRefused(answer, over);
    if (answer.kind === 'taken') {
      for (const task of answer.value.tasks) this.#begin(task);
      if (answer.value.tasks.length === 0 && performance.now() - askedAt < SOONEST_EMPTY_MS) await waited(SOONEST_EMPTY_MS, over);
    }
    this.#requested -= slots;
    this.#fill();
  }

  #begin(claim: Claim): void {
    const taken = new Set([...this.#running.values()].map((one) => one.slot));
    const slot = Array.from({ length: taken.size + 1 }, (_, index) => index).find((index) => !taken.has(index)) ?? 0;
    const one: Running = { claim, slot, signals: { end: new AbortController(), stop: this.#session.stop } };
    this.#running.set(attemptKey(claim), one);
    if (this.#ended.signal.aborted) one.signals.end.abort('worker_stopped');
    this.#track(this.#work(one));
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
