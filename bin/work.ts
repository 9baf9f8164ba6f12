import { resolve } from 'node:path';
import { hostname } from 'node:os';
import { runWorker, WorkerRefused } from '#worker/loop.ts';
import { createProgress } from '#worker/progress.ts';
import { readConfig, refuseWords, UsageError, type Sources } from './config.ts';
import { createLog } from './logging.ts';
import { ALL_SETTINGS, toSandboxSettings, WORKER_SETTINGS } from './settings.ts';
import { listenForStop } from './stopping.ts';

/** `xeenet worker`: a worker alone. Ctrl-C and SIGTERM give the machine back at once; SIGUSR2 lets it finish what it has. */
export async function work(sources: Sources): Promise<number> {
  const { config, words } = readConfig(WORKER_SETTINGS, sources, ALL_SETTINGS);
  refuseWords(words);
  const stopping = listenForStop(true);
  const progress = createProgress(process.stdout);
  try {
    await runWorker({
      serverUrl: config.server,
      enrolmentToken: config.token,
      name: config.name ?? hostname(),
      slots: config.slots,
      dataDir: resolve(config.worker_data),
      pythonPath: config.python,
      sandbox: toSandboxSettings(config),
      environment: sources.env,
      // People read the progress; the same in every detail is for machines that collect logs.
      log: createLog(process.stderr.isTTY ? 'error' : 'info'),
      onEvent: progress.onEvent,
      signal: stopping.drain,
      stopSignal: stopping.stop,
    });
  } catch (error) {
    if (error instanceof WorkerRefused) throw new UsageError(error.message);
    throw error;
  } finally {
    progress.end();
    stopping.restore();
  }
  return 0;
}
