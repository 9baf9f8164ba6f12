import { randomUUID } from 'node:crypto';
import pg from 'pg';

const CHANNEL = 'xeenet';
/** Wake-ups for other nodes wait this long, so that a burst of commits costs one NOTIFY. */
const NOTIFY_AFTER_MS = 50;
/** PostgreSQL refuses a payload of 8,000 bytes or more; topics are ASCII. */
const MOST_PAYLOAD_BYTES = 7000;
const RECONNECT_AFTER_MS = 1000;

/** Wake-ups between nodes on one database. */
export type Wire = { send(topics: ReadonlySet<string>): void; close(): Promise<void> };

/**
 * Opens one listening connection, which also sends this node's notifications: coalesced, and carrying topics only. A
 * connection that breaks is made again until it holds; what was announced meanwhile is not repeated, since topics are
 * hints and waiting requests look again by themselves.
 *
 * @param announce told the topics that other nodes sent
 * @param onTrouble told about broken connections and failed attempts to replace them
 */
export async function openWire(url: string, announce: (topics: ReadonlySet<string>) => void, onTrouble: (error: Error) => void): Promise<Wire> {
  const self = randomUUID();
  const waiting = new Set<string>();
  let sendTimer: NodeJS.Timeout | null = null;
  let connectTimer: NodeJS.Timeout | null = null;
  let sending: Promise<void> = Promise.resolve();
  let client: pg.Client | null = null;
  let closed = false;

  const connect = async (): Promise<void> => {
    const fresh = new pg.Client({ connectionString: url, application_name: 'xeenet wake-ups' });
    fresh.on('error', (error) => {
      // A connection that breaks can report several errors; only the one in use is replaced, and once.
      if (closed || client !== fresh) return;
      client = null;
      onTrouble(error);
      reconnectLater();
    });
    fresh.on('notification', ({ payload }) => {
      const [sender, ...topics] = (payload ?? '').split(' ');
      if (sender !== self) announce(new Set(topics));
    });
    await fresh.connect();
    await fresh.query(`listen ${CHANNEL}`);
    if (closed) await fresh.end();
    else client = fresh;
  };

  const reconnectLater = (): void => {
    connectTimer = setTimeout(() => {
      connect().catch((error: Error) => {
        if (closed) return;
        onTrouble(error);
        reconnectLater();
      });
    }, RECONNECT_AFTER_MS);
    connectTimer.unref();
  };

  const flush = async (): Promise<void> => {
    sendTimer = null;
    const topics = [...waiting];
    waiting.clear();
    for (const payload of payloadsOf(self, topics)) await client?.query('select pg_notify($1, $2)', [CHANNEL, payload]);
  };

  const flushInTurn = (): Promise<void> => {
    sending = sending.then(flush).catch(onTrouble);
    return sending;
  };

  await connect();
  return {
    send(topics) {
      for (const topic of topics) waiting.add(topic);
      if (waiting.size > 0 && !closed) sendTimer ??= setTimeout(() => void flushInTurn(), NOTIFY_AFTER_MS);
    },
    async close() {
      closed = true;
      if (sendTimer !== null) clearTimeout(sendTimer);
      if (connectTimer !== null) clearTimeout(connectTimer);
      await flushInTurn();
      await client?.end();
    },
  };
}

function payloadsOf(sender: string, topics: readonly string[]): string[] {
  const payloads: string[] = [];
  let payload = sender;
  for (const topic of topics) {
    if (payload !== sender && payload.length + topic.length >= MOST_PAYLOAD_BYTES) {
      payloads.push(payload);
      payload = sender;
    }
    payload += ` ${topic}`;
  }
  return payload === sender ? payloads : [...payloads, payload];
}
