// What a Fastify server costs that does nothing: it sends JSON back as it came. Benchmarks compare with it.
import fastify from 'fastify';
import type { AddressInfo } from 'node:net';

const app = fastify({ logger: false, forceCloseConnections: true });
app.post('/echo', async (request) => request.body);
await app.listen({ host: '127.0.0.1', port: 0 });
process.once('SIGTERM', () => void app.close());
process.stdout.write(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}\n`);
