import { startDrawing } from '#web/parts/pictures/draw.ts';
import { readConfig, refuseWords, type Sources } from './config.ts';
import { createLog } from './logging.ts';
import { startServer } from './server.ts';
import { ALL_SETTINGS, SERVER_SETTINGS } from './settings.ts';
import { aborted, listenForStop } from './stopping.ts';

/** `xeenet serve`: the server alone, until a signal. */
export async function serve(sources: Sources): Promise<number> {
  const { config, words } = readConfig(SERVER_SETTINGS, sources, ALL_SETTINGS);
  refuseWords(words);
  const stopping = listenForStop(false);
  const server = await startServer(config, createLog(config.log_level ?? 'info'));
  process.stdout.write(`XeeNet listens on ${server.url}\n`);
  startDrawing();
  await aborted(stopping.stop);
  await server.close();
  stopping.restore();
  return 0;
}
