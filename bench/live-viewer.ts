import { connect, type Socket } from 'node:net';

/** An open page's stream, read as far as measuring needs. */
export type Viewer = { messages: number; bytes: number; close(): void };

/** Values of results differ behind this text only, so that a page tells by its best value up to which result it has come. */
const MARK = '0.731';
const DIGITS = 6;
/** Fewer digits are a rounded value. */
const LEAST_DIGITS = 3;
const MOST_RESULTS = 10 ** DIGITS - 1;

/** The value of the n-th result, each better than the one before. */
export function valueOf(result: number): number {
  return Number(`${MARK}${String(MOST_RESULTS - result).padStart(DIGITS, '0')}`);
}

/**
 * Opens a stream and calls `seen` with the number of the latest result that a whole message shows. A browser would take
 * much longer than this to read a message; what is measured is the server.
 */
export async function openViewer(url: string, address: string, seen: (result: number) => void): Promise<Viewer> {
  const socket = await openStream(url, address);
  const viewer: Viewer = { messages: 0, bytes: 0, close: () => socket.destroy() };
  let latest = -1;
  let rest = '';
  socket.on('data', (chunk: Buffer) => {
    viewer.bytes += chunk.length;
    const text = rest + chunk.toString('latin1');
    latest = Math.max(latest, latestIn(text));
    if (text.includes('\n\n') && latest >= 0) {
      viewer.messages += 1;
      seen(latest);
    }
    rest = text.slice(-(MARK.length + DIGITS + 2));
  });
  return viewer;
}

/** Opens a stream that takes nothing of what it is sent. */
export async function openStalledReader(url: string, address: string): Promise<{ close(): void }> {
  const socket = await openStream(url, address);
  socket.pause();
  return { close: () => socket.destroy() };
}

async function openStream(url: string, address: string): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  // Who stalls is dropped by the server in the end.
  socket.on('error', () => socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(`GET ${address} HTTP/1.1\r\nhost: ${host}\r\naccept: text/html, text/event-stream\r\n\r\n`);
  return socket;
}

/** The latest result whose value stands in a text; -1 where there is none. Means and the like have more digits, or come before. */
function latestIn(text: string): number {
  let latest = -1;
  for (let at = text.indexOf(MARK); at !== -1; at = text.indexOf(MARK, at + 1)) {
    // A number that goes on in the next chunk is read with it.
    const digits = /^(\d*)\D/.exec(text.slice(at + MARK.length, at + MARK.length + DIGITS + 2))?.[1] ?? '';
    if (digits.length >= LEAST_DIGITS && digits.length <= DIGITS) latest = Math.max(latest, MOST_RESULTS - Number(digits.padEnd(DIGITS, '0')));
  }
  return latest;
}
