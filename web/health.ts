import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { readTotals } from '#store/totals.ts';
import type { Web } from './context.ts';
import { readStats } from './stats.ts';

/** What monitoring asks: whether the process lives, whether it can serve, and its numbers in Prometheus' format. */
export async function registerHealth(app: FastifyInstance, web: Web): Promise<void> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const tasks = new Gauge({ name: 'xeenet_tasks', help: 'Tasks by state', labelNames: ['state'], registers: [registry] });
  const workers = new Gauge({ name: 'xeenet_workers', help: 'Workers by state', labelNames: ['state'], registers: [registry] });
  const briefs = new Gauge({ name: 'xeenet_briefs', help: 'Briefs', registers: [registry] });

  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async () => {
    await readTotals(web.reader);
    return { status: 'ready' };
  });
  app.get('/metrics', async (_request, reply) => {
    const stats = await readStats(web);
    for (const [state, count] of Object.entries(stats.tasks)) if (state !== 'total') tasks.set({ state }, count);
    for (const [state, count] of Object.entries(stats.workers)) workers.set({ state }, count);
    briefs.set(stats.briefs);
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
