import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { MICROCREDITS } from '#core/ledger.ts';
import { installToken } from '#engine/authenticate.ts';
import { startDelivering } from '#engine/deliver-webhooks.ts';
import type { Engine } from '#engine/engine.ts';
import { startActions } from '#engine/run-actions.ts';
import { createRandomPool } from '#engine/random-pool.ts';
import { lookUpName } from '#engine/send-webhook.ts';
import { startSealing } from '#engine/seal-ledger.ts';
import { startSweeping, welcomeBack } from '#engine/sweep.ts';
import { parseAllowList } from '#engine/webhook-address.ts';
import { openStore } from '#store/open.ts';
import { createApp } from '#web/app.ts';
import { UsageError } from './config.ts';
import { experimentLoader } from './load-experiments.ts';
import { readLedgerSigner } from './ledger-key.ts';
import type { ServerConfig } from './settings.ts';
import { tokenOf } from './tokens.ts';
import { VERSION } from './version.ts';

/** A server that listens. */
export type RunningServer = { url: string; engine: Engine; adminToken: string; enrolmentToken: string; close: () => Promise<void> };

const OWN_EXPERIMENTS = join(import.meta.dirname, '..', 'experiments');
const MOST_SWEEP_MS = 5000;
const SEAL_EVERY_MS = 60_000;
const WEBHOOK_TIMEOUT_MS = 10_000;
/** How often messages whose pause is over are looked for; new ones are sent at once. */
const WEBHOOKS_EVERY_MS = 5000;
/** Beyond its own deadline a worker has a minute to deliver: a slow network is not a lost task. */
const DEADLINE_SLACK_MS = 60_000;

/** Opens the store, registers the experiments and listens; whatever was opened is closed again when a step fails. */
export async function startServer(config: ServerConfig, log: Logger): Promise<RunningServer> {
  const dataDir = resolve(config.data);
  makeFolder(dataDir);
  const store = await openStore({ databaseUrl: config.database_url, dataDir, now: Date.now, onTrouble: (error) => log.warn({ err: error }, 'database connection replaced') });
  const cleanups: (() => Promise<void>)[] = [() => store.close()];
  const close = async (): Promise<void> => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  try {
    const folders = [OWN_EXPERIMENTS, ...(config.experiments_dir === null ? [] : [readableFolder(config.experiments_dir)])];
    const load = experimentLoader(folders, log);
    const settings = { heartbeatMs: config.heartbeat_seconds * 1000, leaseMs: config.lease_seconds * 1000, deadlineSlackMs: DEADLINE_SLACK_MS };
    const engine: Engine = { store, now: Date.now, randomBytes: createRandomPool(), settings, log, ledgerSigner: readLedgerSigner(config.ledger_key_file, dataDir, log), refreshExperiments: () => load(engine) };
    const [adminToken, enrolmentToken] = [tokenOf('admin', config.admin_token, dataDir), tokenOf('enrolment', config.enrolment_token, dataDir)];
    // Server nodes that share a PostgreSQL database each keep a token of their own, unless one is set for all of them.
    await installToken(engine, 'admin', adminToken, config.database_url === null || config.admin_token !== null);
    await installToken(engine, 'enrolment', enrolmentToken, config.database_url === null || config.enrolment_token !== null);
    await engine.refreshExperiments();
    await welcomeBack(engine);
    const webhookAllow = parseAllowList(config.webhook_allow ?? '');
    // Closed after all that writes entries, so that what they wrote last is sealed too.
    cleanups.push(startSealing(engine, SEAL_EVERY_MS));
    let url = '';
    const app = await createApp({ engine, reader: store.reader, settings: { version: VERSION, publicUrl: () => url, enrolmentToken, starterMicrocredits: Math.round(config.starter_credits * MICROCREDITS), webhookAllow, command: 'npx xeenet', development: config.development } }, log);
    cleanups.push(() => app.close());
    url = await listen(app, config);
    cleanups.push(startActions(engine, MOST_SWEEP_MS));
    cleanups.push(startSweeping(engine, Math.min(MOST_SWEEP_MS, settings.leaseMs / 4)));
    if (webhookAllow.entries.length > 0) cleanups.push(startDelivering(engine, { allowed: webhookAllow, timeoutMs: WEBHOOK_TIMEOUT_MS, lookUp: lookUpName }, WEBHOOKS_EVERY_MS));
    log.info({ url, database: config.database_url === null ? 'sqlite' : 'postgres', data: dataDir }, 'server listens');
    return { url, engine, adminToken, enrolmentToken, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function makeFolder(folder: string): void {
  try {
    makeFolders(folder);
  } catch (error) {
    throw new UsageError(`The data folder ${folder} cannot be made: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/** Step by step: where a file system takes no folders at all, such as /proc, Node's own recursive way never ends. */
function makeFolders(folder: string): void {
  if (existsSync(folder)) return;
  makeFolders(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

function readableFolder(name: string): string {
  const folder = resolve(name);
  try {
    readdirSync(folder);
  } catch (error) {
    throw new UsageError(`The folder of experiments ${folder} (XEENET_EXPERIMENTS_DIR) cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
  return folder;
}

async function listen(app: FastifyInstance, config: ServerConfig): Promise<string> {
  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'EADDRINUSE') throw new UsageError(`Port ${config.port} on ${config.host} is already in use. Choose another with --port, or stop the program that has it.`);
    if (code === 'EACCES') throw new UsageError(`Port ${config.port} may not be used by this account. Choose one above 1023 with --port.`);
    throw error;
  }
  const { port } = app.server.address() as AddressInfo;
  return `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
}
