import type { z } from 'zod';
import { MOST_POINTS, type metricsInput } from '#protocol/worker.ts';
import type { Answer, Client } from './client.ts';
import type { Claim, Log } from './events.ts';
import { pauseMs, waited } from './patience.ts';

const EVERY_MS = 500;
const POINTS_AT_ONCE = 200;
const CHARACTERS_AT_ONCE = 64 * 1024;
const MOST_WAITING_POINTS = 20_000;
const MOST_WAITING_CHARACTERS = 4 * 2 ** 20;
/** A little less than the server keeps, so that the notice still fits. */
const MOST_LOG_CHARACTERS = 49_999_000;

/** A point of a learning curve as the wire has it. */
export type Point = z.input<typeof metricsInput>['points'][number];

type Options = {
  client: Pick<Client, 'sendPoints' | 'sendLog'>;
  claim: Pick<Claim, 'task_id' | 'attempt' | 'lease_token'>;
  log: Log;
  /** Called once when the server says that the attempt no longer holds the task. */
  onLost: () => void;
  /** Defaults to almost 50 million. */
  mostLogCharacters?: number;
};

/**
 * Sends the points and the log of one attempt, in order, about twice a second. Memory is bounded: while the server is
 * away `isFull` turns true, and whoever fills it waits for `room`. A log that grows too long is cut, and says so.
 */
export class Reporter {
  readonly #options: Options;
  readonly #lease: { attempt: number; lease_token: string };
  readonly #over = new AbortController();
  #points: Point[] = [];
  #text = '';
  #takenCharacters = 0;
  #sentCharacters = 0;
  #isBusy = false;
  #isFinishing = false;
  #timer: NodeJS.Timeout | undefined;
  #room = Promise.withResolvers<void>();
  #idle = Promise.withResolvers<void>();

  constructor(options: Options) {
    this.#options = options;
    this.#lease = { attempt: options.claim.attempt, lease_token: options.claim.lease_token };
  }

  point(point: Point): void {
    if (this.#isClosed()) return;
    this.#points.push(point);
    this.#schedule();
  }

  text(text: string): void {
    const most = this.#options.mostLogCharacters ?? MOST_LOG_CHARACTERS;
    if (this.#isClosed() || this.#takenCharacters > most) return;
    const left = most - this.#takenCharacters;
    this.#takenCharacters += text.length;
    this.#text += text.length <= left ? text : `${cut(text, left)}\n[log truncated: more than ${most} characters]\n`;
    this.#schedule();
  }

  isFull(): boolean {
    return this.#points.length >= MOST_WAITING_POINTS || this.#text.length >= MOST_WAITING_CHARACTERS;
  }

  /** Resolves when it is no longer full. */
  room(): Promise<void> {
    return this.isFull() ? this.#room.promise : Promise.resolve();
  }

  /** Sends what is left, for as long as the signal allows, and closes. */
  async finish(until: AbortSignal): Promise<void> {
    this.#isFinishing = true;
    const giveUp = () => this.#idle.resolve();
    until.addEventListener('abort', giveUp, { once: true });
    if (!until.aborted && (this.#isBusy || !this.#isEmpty())) {
      this.#idle = Promise.withResolvers();
      this.#schedule();
      await this.#idle.promise;
    }
    this.close();
  }

  /** Drops what is left and ends all sending. */
  close(): void {
    this.#points = [];
    this.#text = '';
    clearTimeout(this.#timer);
    this.#over.abort();
    this.#room.resolve();
    this.#idle.resolve();
  }

  #schedule(): void {
    if (this.#isBusy || this.#isEmpty()) return;
    if (this.#isUrgent()) void this.#pump();
    else this.#timer ??= setTimeout(() => void this.#pump(), EVERY_MS);
  }

  async #pump(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isBusy = true;
    do {
      if (this.#points.length > 0) await this.#sendPoints();
      if (this.#text !== '') await this.#sendText();
    } while (!this.#isEmpty() && this.#isUrgent());
    this.#isBusy = false;
    if (this.#isEmpty()) this.#idle.resolve();
    this.#schedule();
  }

  async #sendPoints(): Promise<void> {
    const { client, claim } = this.#options;
    const points = this.#points.slice(0, MOST_POINTS);
    if (await this.#insist(() => client.sendPoints(claim.task_id, { ...this.#lease, points }, this.#over.signal))) this.#points.splice(0, points.length);
    this.#makeRoom();
  }

  async #sendText(): Promise<void> {
    const { client, claim } = this.#options;
    const text = cut(this.#text, CHARACTERS_AT_ONCE);
    const offset = this.#sentCharacters;
    if (await this.#insist(() => client.sendLog(claim.task_id, { ...this.#lease, text, offset }, this.#over.signal))) {
      this.#text = this.#text.slice(text.length);
      this.#sentCharacters += text.length;
    }
    this.#makeRoom();
  }

  /** Tries until the server has taken a batch or refused it; false when there is nothing more to send. */
  async #insist(send: () => Promise<Answer<unknown>>): Promise<boolean> {
    const { claim, log, onLost } = this.#options;
    for (let failures = 1; !this.#isClosed(); failures++) {
      const answer = await send();
      if (answer.kind === 'taken') return true;
      if (answer.kind === 'unreachable') await waited(pauseMs(failures, answer.retryAfterMs), this.#over.signal);
      if (answer.kind !== 'refused') continue;
      if (answer.status === 409 || answer.status === 404) {
        this.close();
        onLost();
        return false;
      }
      log.warn({ task_id: claim.task_id, attempt: claim.attempt, code: answer.code, detail: answer.detail }, 'the server refused a part of the report, which is left out');
      return true;
    }
    return false;
  }

  #makeRoom(): void {
    if (this.isFull()) return;
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }

  #isClosed(): boolean {
    return this.#over.signal.aborted;
  }

  #isEmpty(): boolean {
    return this.#points.length === 0 && this.#text === '';
  }

  #isUrgent(): boolean {
    return this.#isFinishing || this.#points.length >= POINTS_AT_ONCE || this.#text.length >= CHARACTERS_AT_ONCE;
  }
}

/** The beginning of a text, at most so many characters, never half of a pair that is one character to people. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 1 : most);
}
