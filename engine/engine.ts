import type { Store } from '#store/seam.ts';
import type { LedgerSigner } from './ledger-crypto.ts';

/** The part of a pino logger that the engine writes to: one structured line per change of state. */
export type Log = {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
};

/** Times that decide about leases; all in milliseconds of the server's clock. */
export type EngineSettings = {
  /** How often a worker is told to send a heartbeat. */
  heartbeatMs: number;
  /** How long a lease lasts after a claim or a heartbeat. */
  leaseMs: number;
  /** How much later than the worker's own deadline the server gives an attempt up, heartbeats or not. */
  deadlineSlackMs: number;
};

/** What every verb of the engine works with. The clock and chance come from outside, so that tests decide them. */
export type Engine = {
  store: Store;
  now: () => number;
  randomBytes: (count: number) => Uint8Array;
  settings: EngineSettings;
  log: Log;
  /** Signs the checkpoints of the ledger. */
  ledgerSigner: LedgerSigner;
  /** Reads the experiment folders again where they have changed, so that a brief runs the script as it is now. */
  refreshExperiments: () => Promise<void>;
};

/** Topics that commits announce; pages and waiting claims listen to them. */
export const TOPICS = {
  work: 'work',
  stats: 'stats',
  briefs: 'briefs',
  brief: (id: string) => `brief:${id}`,
  families: 'families',
  family: (id: string) => `family:${id}`,
  tasks: 'tasks',
  task: (id: string) => `task:${id}`,
  actions: 'actions',
  action: (id: string) => `action:${id}`,
  workers: 'workers',
  worker: (id: string) => `worker:${id}`,
  ledger: 'ledger',
  experiments: 'experiments',
  events: 'events',
  webhooks: 'webhooks',
  webhook: (id: string) => `webhook:${id}`,
  deliveries: 'deliveries',
};
