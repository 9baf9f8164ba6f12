import { connect } from 'node:net';

/** A whole HTTP answer. */
export type Answer = { status: number; body: Buffer };

/** A kept-alive HTTP/1.1 connection that carries one request at a time. */
export type Connection = { send(request: Buffer): Promise<Answer>; close(): void };

/**
 * Opens a connection that speaks just enough HTTP/1.1 for measuring. Node's own client costs about as much time per
 * request as the server that is measured; this one is several times cheaper, so that on two cores the server stays the
 * bottleneck.
 */
export async function openConnection(url: string): Promise<Connection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let received: Buffer = Buffer.alloc(0);
  let waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | null = null;

  const fail = (error: Error): void => {
    waiting?.reject(error);
    waiting = null;
  };
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const answer = readAnswer(received);
    if (answer === null) return;
    received = Buffer.alloc(0);
    const { resolve } = waiting ?? { resolve: () => undefined };
    waiting = null;
    resolve(answer);
  });
  socket.on('close', () => fail(new Error(`${url} closed the connection`)));
  const opened = Promise.withResolvers<void>();
  socket.once('connect', () => opened.resolve());
  socket.on('error', (error) => {
    opened.reject(error);
    fail(error);
  });
  await opened.promise;
  return {
    send(request) {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      waiting = { resolve, reject };
      socket.write(request);
      return promise;
    },
    close: () => socket.destroy(),
  };
}

/** The bytes of a request. A body is sent as JSON. */
export function encodeRequest(method: string, url: string, headers: Record<string, string>, body?: unknown): Buffer {
  const { host, pathname, search } = new URL(url);
  const content = body === undefined ? '' : JSON.stringify(body);
  const all = { host, ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(content)) }) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n${content}`);
}

/** The answer that the bytes hold, or null while some are missing. */
function readAnswer(received: Buffer): Answer | null {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const head = received.toString('latin1', 0, end);
  const status = Number(head.slice(9, 12));
  const from = end + 4;
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const to = from + Number(length);
    return received.length < to ? null : { status, body: received.subarray(from, to) };
  }
  if (!/\r\ntransfer-encoding: chunked/i.test(head)) return { status, body: Buffer.alloc(0) };
  const body = readChunks(received, from);
  return body === null ? null : { status, body };
}

/** A body in chunks (RFC 9112, 7.1), or null while some are missing. */
function readChunks(received: Buffer, from: number): Buffer | null {
  const chunks: Buffer[] = [];
  for (let at = from; ;) {
    const lineEnd = received.indexOf('\r\n', at);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(received.toString('latin1', at, lineEnd), 16);
    const [begin, next] = [lineEnd + 2, lineEnd + 2 + size + 2];
    if (received.length < next) return null;
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(received.subarray(begin, begin + size));
    at = next;
  }
}
