import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from '#engine/engine.ts';
import type { Fragment } from './html.ts';
import { Vanished } from './vanished.ts';

/**
 * A part of a page that changes by itself: whenever one of its topics is announced it is rendered again, once for all
 * who watch it. `render` re-reads the store, which is the truth; it holds no htmx attributes and does not vary by viewer.
 */
export type Region = {
  id: string;
  topics: readonly string[];
  render: () => Promise<Fragment>;
  /** The same on every page, such as the bell: rendered once for all of them. */
  shared?: boolean;
};

/** The streams of all open pages. */
export type Live = {
  /**
   * Turns a response into a stream of the regions' changes.
   *
   * @param address names the page with its parameters; viewers of one address share what is rendered
   * @param known the versions that the viewer has, from its page or its `Last-Event-ID`
   * @returns false when as many streams are open as the server keeps; the response is then untouched
   */
  attach(response: ServerResponse, address: string, regions: readonly Region[], known: string): boolean;
  /** Ends every stream. */
  close(): void;
};

export type LiveSettings = {
  /** The shortest time between two renderings of a region. */
  tickMs: number;
  /** What is announced within this time of the first is rendered with it: a result is mostly followed by the next claim. */
  gatherMs: number;
  /** A region that takes longer to render, such as a picture, is not waited for: it goes out by itself when it is ready. */
  patienceMs: number;
  /** How often a stream says that it lives. */
  beatMs: number;
  /** A viewer that takes nothing for this long is dropped; it comes back to the true state when it can. */
  stallMs: number;
  mostViewers: number;
  /** Viewers of different addresses share nothing; so many regions are kept for all of them together. */
  mostRegions: number;
};

export const LIVE_SETTINGS: LiveSettings = { tickMs: 250, gatherMs: 10, patienceMs: 25, beatMs: 5000, stallMs: 30_000, mostViewers: 2000, mostRegions: 4000 };

/** What the hub needs: the announcements of commits, the server's clock, and a log for regions that fail. */
export type LiveOptions = { watch: Watch; now: () => number; log: Pick<Log, 'error'>; settings?: LiveSettings };

type Watch = (listener: (topics: ReadonlySet<string>) => void) => () => void;
type Channel = { key: string; region: Region; viewers: Set<Viewer>; version: string; lines: string; rendering: boolean };
/** `awaits`: regions whose rendering is older than the viewer's page may be; it gets them from the next one on. */
type Viewer = { response: ServerResponse; channels: Channel[]; sent: string[]; awaits: Set<Channel>; blockedAt: number | null };

/** Rendering takes at most about this share of the main thread's time, however busy the topics are. */
const MOST_RENDERING = 1 / 4;

/**
 * The hub between commits and open pages. Topics announced within a tick are rendered together; each viewer gets one
 * message with the regions that differ from what it has, and one more for each region that took long. One that reads slower than that skips to the latest state, so
 * that it never has more than one message waiting in the server's memory.
 *
 * @param options.now epoch milliseconds, told to the browsers so that their clocks need not be right
 */
export function createLive(options: LiveOptions): Live {
  return new Hub(options);
}

class Hub implements Live {
  readonly #options: LiveOptions;
  readonly #settings: LiveSettings;
  readonly #channels = new Map<string, Channel>();
  readonly #byTopic = new Map<string, Set<Channel>>();
  readonly #viewers = new Set<Viewer>();
  readonly #stale = new Set<Channel>();
  /** Equal messages are made once, and forgotten with the next tick or beat. */
  readonly #messages = new Map<string, Buffer>();
  readonly #stopWatching: () => void;
  readonly #beating: NodeJS.Timeout;
  #timer: NodeJS.Timeout | null = null;
  #ticking = false;
  #nextTickAt = 0;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#settings = options.settings ?? LIVE_SETTINGS;
    this.#stopWatching = options.watch((topics) => this.#mark(topics));
    this.#beating = setInterval(() => this.#beat(), this.#settings.beatMs);
    this.#beating.unref();
  }

  attach(response: ServerResponse, address: string, regions: readonly Region[], known: string): boolean {
    if (this.#viewers.size >= this.#settings.mostViewers || this.#channels.size + regions.length > this.#settings.mostRegions) return false;
    const versions = known.split('.');
    const sent = regions.map((_, index) => (versions.length === regions.length ? (versions[index] ?? '') : ''));
    const viewer: Viewer = { response, channels: [], sent, awaits: new Set(), blockedAt: null };
    this.#viewers.add(viewer);
    response.on('close', () => this.#detach(viewer));
    response.on('drain', () => {
      viewer.blockedAt = null;
      this.#send(viewer);
    });
    for (const region of regions) {
      const channel = this.#open(region.shared === true ? region.id : `${address} ${region.id}`, region);
      channel.viewers.add(viewer);
      viewer.channels.push(channel);
      // What was announced before the page was made, or while this was being rendered, may not be in what others have.
      if (channel.rendering) this.#stale.add(channel);
      if (this.#stale.has(channel)) viewer.awaits.add(channel);
    }
    this.#write(viewer, `retry: 1000\n${beat(this.#options.now())}`);
    // What is rendered already goes out at once; what is new is rendered at the next tick.
    this.#send(viewer);
    this.#schedule();
    return true;
  }

  close(): void {
    this.#stopWatching();
    clearInterval(this.#beating);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#stale.clear();
    for (const viewer of this.#viewers) viewer.response.end();
  }

  #mark(topics: ReadonlySet<string>): void {
    for (const topic of topics) for (const channel of this.#byTopic.get(topic) ?? []) this.#stale.add(channel);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== null || this.#ticking || !this.#stale.values().some((channel) => !channel.rendering)) return;
    const waitMs = Math.max(this.#settings.gatherMs, this.#nextTickAt - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#tick();
    }, waitMs);
  }

  async #tick(): Promise<void> {
    this.#ticking = true;
    const [startedAt, used] = [performance.now(), process.threadCpuUsage()];
    const ready = new Set<Channel>();
    const due = [...this.#stale].filter((channel) => !channel.rendering);
    for (const channel of due) this.#stale.delete(channel);
    for (const channel of due) {
      if (channel.viewers.size === 0) continue;
      // Requests that arrived meanwhile come first.
      await new Promise((resolve) => setImmediate(resolve));
      await Promise.race([this.#render(channel, ready), wait(this.#settings.patienceMs)]);
    }
    this.#ticking = false;
    this.#sendAll(ready);
    // Time on the processor counts, not time on the clock: a busy machine makes updates late, but not rarer as well.
    const { user, system } = process.threadCpuUsage(used);
    this.#nextTickAt = startedAt + Math.max(this.#settings.tickMs, (user + system) / 1000 / MOST_RENDERING);
    this.#schedule();
  }

  /** Renders a region and notes it as ready; one that was not waited for is sent at once. */
  async #render(channel: Channel, ready: Set<Channel>): Promise<void> {
    channel.rendering = true;
    const awaiting = [...channel.viewers].filter((viewer) => viewer.awaits.delete(channel));
    const changed = await refresh(channel, this.#options.log);
    channel.rendering = false;
    if (changed || awaiting.length > 0) ready.add(channel);
    if (this.#ticking) return;
    this.#sendAll(ready);
    this.#schedule();
  }

  #sendAll(ready: Set<Channel>): void {
    const viewers = new Set([...ready].flatMap((channel) => [...channel.viewers]));
    ready.clear();
    this.#messages.clear();
    for (const viewer of viewers) this.#send(viewer);
  }

  #open(key: string, region: Region): Channel {
    let channel = this.#channels.get(key);
    if (channel === undefined) {
      channel = { key, region, viewers: new Set(), version: '', lines: '', rendering: false };
      this.#channels.set(key, channel);
      for (const topic of region.topics) this.#byTopic.set(topic, (this.#byTopic.get(topic) ?? new Set()).add(channel));
      this.#stale.add(channel);
    }
    return channel;
  }

  #detach(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    for (const channel of viewer.channels) {
      channel.viewers.delete(viewer);
      if (channel.viewers.size > 0) continue;
      this.#channels.delete(channel.key);
      this.#stale.delete(channel);
      for (const topic of channel.region.topics) {
        const watching = this.#byTopic.get(topic);
        watching?.delete(channel);
        if (watching?.size === 0) this.#byTopic.delete(topic);
      }
    }
  }

  /** Sends what differs from what the viewer has, unless it is still taking the last message. */
  #send(viewer: Viewer): void {
    if (viewer.blockedAt !== null) return;
    const changed = viewer.channels.map((channel, index) => (channel.version !== '' && channel.version !== viewer.sent[index] && !viewer.awaits.has(channel) ? channel : null));
    if (changed.every((channel) => channel === null)) return;
    changed.forEach((channel, index) => {
      if (channel !== null) viewer.sent[index] = channel.version;
    });
    const id = viewer.sent.join('.');
    const name = `${id} ${changed.map((channel) => channel?.key ?? '').join(' ')}`;
    let message = this.#messages.get(name);
    if (message === undefined) {
      message = Buffer.from(`id: ${id}\n${changed.map((channel) => channel?.lines ?? '').join('')}\n`);
      this.#messages.set(name, message);
    }
    this.#write(viewer, message);
  }

  #beat(): void {
    const now = this.#options.now();
    this.#messages.clear();
    for (const viewer of this.#viewers) {
      if (viewer.blockedAt === null) this.#write(viewer, beat(now));
      else if (now - viewer.blockedAt > this.#settings.stallMs) viewer.response.destroy();
    }
  }

  #write(viewer: Viewer, message: Buffer | string): void {
    if (!viewer.response.write(message)) viewer.blockedAt = this.#options.now();
  }
}

/** What a fragment says, as a short text; the words of times do not count, since browsers keep those true themselves. */
export function versionOf(fragment: Fragment): string {
  const said = String(fragment).replaceAll(/(<time [^>]*>)[^<]*/g, '$1');
  return createHash('sha256').update(said).digest('base64url').slice(0, 10);
}

/** A region as the part of a message that htmx morphs into its place. */
export function partial(id: string, fragment: Fragment): string {
  return `<hx-partial id="${id}">${String(fragment)}</hx-partial>`;
}

async function refresh(channel: Channel, log: Pick<Log, 'error'>): Promise<boolean> {
  try {
    const fragment = await channel.region.render();
    const version = versionOf(fragment);
    if (version === channel.version) return false;
    channel.version = version;
    channel.lines = partial(channel.region.id, fragment).split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`).join('');
    return true;
  } catch (error) {
    if (error instanceof Vanished) return false;
    log.error({ err: error, region: channel.region.id }, 'live region failed');
    return false;
  }
}

function beat(at: number): string {
  return `event: beat\ndata: ${at}\n\n`;
}
