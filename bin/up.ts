import { availableParallelism, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { totalCount } from '#core/brief.ts';
import { TOPICS } from '#engine/engine.ts';
import { findBrief } from '#store/brief.ts';
import { findFamily } from '#store/family.ts';
import { readTotals } from '#store/totals.ts';
import { startDrawing } from '#web/parts/pictures/draw.ts';
import { runWorker, WorkerRefused } from '#worker/loop.ts';
import { describe } from '#worker/progress.ts';
import { readConfig, refuseWords, type Sources } from './config.ts';
import { createLog } from './logging.ts';
import { submitSample } from './sample.ts';
import { startServer, type RunningServer } from './server.ts';
import { ALL_SETTINGS, SANDBOX_SETTINGS, SERVER_SETTINGS, toSandboxSettings, WORKER_SETTINGS } from './settings.ts';
import { aborted, listenForStop } from './stopping.ts';
import { createStatusLine } from './status-line.ts';

const UP_SETTINGS = { ...SERVER_SETTINGS, slots: { ...WORKER_SETTINGS.slots, schema: WORKER_SETTINGS.slots.schema.removeDefault().nullable().default(null) }, python: WORKER_SETTINGS.python, ...SANDBOX_SETTINGS };

/** `xeenet up`: everything on this machine, until Ctrl-C, with nothing left running. */
export async function up(sources: Sources): Promise<number> {
  const { config, words } = readConfig(UP_SETTINGS, sources, ALL_SETTINGS);
  refuseWords(words);
  const stopping = listenForStop(false);
  const log = createLog(config.log_level ?? 'warn');
  const server = await startServer(config, log);
  const status = createStatusLine(process.stdout);
  try {
    const sampleId = await submitSample(server.engine);
    status.print(`XeeNet is up: ${server.url}   (data in ${resolve(config.data)}; Ctrl-C ends it)`);
    startDrawing();
    if (sampleId !== null) status.print(`A sample campaign of 12 real training runs is on its way: ${server.url}/briefs/${sampleId}`);
    const unwatch = showProgress(server, sampleId, status.show);
    const worker = runWorker({
      serverUrl: server.url,
      enrolmentToken: server.enrolmentToken,
      name: hostname(),
      // One core in two is left to the person and the server; each run of the sample is measured on a core of its own.
      slots: config.slots ?? Math.max(1, Math.floor(availableParallelism() / 2)),
      dataDir: join(resolve(config.data), 'worker'),
      pythonPath: config.python,
      sandbox: toSandboxSettings(config),
      onEvent: (event) => {
        if (event.type === 'contained') status.print(describe(event) ?? '');
      },
      environment: sources.env,
      log,
      signal: stopping.drain,
      stopSignal: stopping.stop,
    }).catch((error: unknown) => {
      if (!(error instanceof WorkerRefused)) throw error;
      // Someone has removed this machine's worker, say; the server and other workers go on.
      status.print(`The worker on this machine has ended: ${error.message}`);
      return aborted(stopping.stop);
    });
    await Promise.race([aborted(stopping.stop), worker]);
    status.print('Stopping …');
    await worker;
    unwatch();
  } finally {
    await server.close();
    status.end();
    stopping.restore();
  }
  return 0;
}

/** Keeps one line about the sample, or about everything, up to date. */
function showProgress(server: RunningServer, briefId: string | null, show: (line: string) => void): () => void {
  const { store } = server.engine;
  const refresh = async (): Promise<void> => {
    const brief = briefId === null ? null : await findBrief(store.reader, briefId);
    const family = brief === null ? null : await findFamily(store.reader, brief.familyId);
    const counts = family?.counts ?? (await readTotals(store.reader));
    const best = family === null || family.rollup.best === null ? '' : ` · best ${family.metric.name} ${family.rollup.best.toPrecision(4)}`;
    const failed = counts.failed > 0 ? ` · ${counts.failed} failed` : '';
    show(`${counts.completed}/${totalCount(counts)} completed · ${counts.running} running · ${counts.pending} pending${failed}${best}`);
  };
  const trouble = (error: unknown): void => server.engine.log.error({ err: error }, 'progress line failed');
  void refresh().catch(trouble);
  return store.watch((topics) => {
    if (topics.has(TOPICS.tasks)) void refresh().catch(trouble);
  });
}
