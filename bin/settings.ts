import { isIPv4 } from 'node:net';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { SANDBOX_MODES, type SandboxSettings } from '#worker/sandbox.ts';
import { parseAllowList, WrongEntry } from '#engine/webhook-address.ts';

/** A setting: where it is read from, what it may be, and what it is for. */
export type Setting = { schema: z.ZodType; description: string; secret?: boolean };

const wholeNumber = (least: number, most: number) => z.coerce.number<string | number>('must be a whole number').int('must be a whole number').min(least, `must be at least ${least}`).max(most, `must be at most ${most}`);
const seconds = z.coerce.number<string | number>('must be a number of seconds').min(0.05, 'must be at least 0.05').max(3600, 'must be at most 3600');
const credits = z.coerce.number<string | number>('must be a number of credits').min(0, 'must be at least 0').max(1_000_000, 'must be at most 1000000');
const token = z.string().min(16, 'must have at least 16 characters').max(200, 'can have at most 200 characters').regex(/^[\x21-\x7e]+$/, 'must be printable characters without spaces');

/** The reason comes from the parser, so that it names the entry. */
const allowList = z.string().superRefine((text, context) => {
  try {
    parseAllowList(text);
  } catch (error) {
    if (!(error instanceof WrongEntry)) throw error;
    context.addIssue({ code: 'custom', message: `is not a list of hosts: ${error.message}` });
  }
});

const truth = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')], 'must be true or false');
const gigabytes = (least: number) => z.coerce.number<string | number>('must be a number of gigabytes').min(least, `must be at least ${least}`).max(65_536, 'must be at most 65536');
const folders = z.string().refine((text) => text.split(',').every((path) => isAbsolute(path.trim())), 'must be absolute paths, with commas between them');

const NOT_LOOPBACK =
  'is not a loopback address. The pages are open to whoever reaches them, so it binds to 127.0.0.1, ::1 or localhost only; reach it from elsewhere through an SSH tunnel';

/** A server's settings, by their name in the file. The flag is `--name-with-dashes`, the variable `XEENET_NAME`. */
export const SERVER_SETTINGS = {
  host: {
    schema: z.string().refine((host) => host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.')), NOT_LOOPBACK).default('127.0.0.1'),
    description: 'Address to listen on; loopback only, since pages ask for no password.',
  },
  port: { schema: wholeNumber(0, 65_535).default(8000), description: 'Port to listen on; 0 takes a free one.' },
  data: { schema: z.string().min(1).default('./data'), description: 'Folder for the embedded database, tokens and the worker’s files.' },
  database_url: {
    schema: z.string().regex(/^postgres(ql)?:\/\/./, 'must begin with postgres://').nullable().default(null),
    description: 'PostgreSQL database, postgres://user:password@host:port/name; SQLite in the data folder where absent.',
    secret: true,
  },
  admin_token: { schema: token.nullable().default(null), description: 'Administrator’s API token; made at the first boot and kept in DATA/admin-token where absent.', secret: true },
  enrolment_token: { schema: token.nullable().default(null), description: 'Token with which workers register; made at the first boot and kept in DATA/enrolment-token where absent.', secret: true },
  starter_credits: { schema: credits.default(1000), description: 'Credits that a new account of a person starts with.' },
  experiments_dir: { schema: z.string().min(1).nullable().default(null), description: 'Folder with experiments of your own, added to those that come with XeeNet.' },
  heartbeat_seconds: { schema: seconds.default(5), description: 'How often workers say that they live.' },
  lease_seconds: { schema: seconds.default(30), description: 'How long a task stays with a worker that is not heard from.' },
  development: { schema: truth.default(false), description: 'Serves pages for those who build XeeNet, such as /styleguide.' },
  webhook_allow: { schema: allowList.nullable().default(null), description: 'Hosts, host:port and IP ranges that webhooks may be sent to, with commas between them; none where absent.' },
  ledger_key_file: { schema: z.string().min(1).nullable().default(null), description: 'Private key (Ed25519, PEM) that signs checkpoints of the ledger, for server nodes that share one; made at the first boot and kept in DATA/ledger-key where absent.' },
  log_level: { schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).nullable().default(null), description: 'How much is logged; info for serve, warn for up.' },
} as const satisfies Record<string, Setting>;

/** A worker's settings. */
export const WORKER_SETTINGS = {
  server: { schema: z.url({ protocol: /^https?$/, error: 'must be an address such as http://127.0.0.1:8000' }).default('http://127.0.0.1:8000'), description: 'Address of the server.' },
  token: { schema: token.nullable().default(null), description: 'Enrolment token; needed only until the worker is registered.', secret: true },
  slots: { schema: wholeNumber(1, 1024).default(1), description: 'Tasks to run at the same time.' },
  name: { schema: z.string().min(1).max(100).nullable().default(null), description: 'The worker’s name; the machine’s where absent.' },
  worker_data: { schema: z.string().min(1).default('./data/worker'), description: 'Folder for the worker’s identity, packages and unsent results.' },
  sandbox: { schema: z.enum(SANDBOX_MODES, 'must be auto, required or off').default('auto'), description: 'How tasks are contained: auto as well as this machine can, required not without bubblewrap, off not at all.' },
  allow_network: { schema: truth.default(false), description: 'Whether tasks whose experiment asks for the network get it.' },
  readable: { schema: folders.nullable().default(null), description: 'Folders that tasks may read beside the system’s programs, with commas between them.' },
  memory_gb: { schema: gigabytes(0.05).nullable().default(null), description: 'Memory of one task; an equal share of nine tenths where absent.' },
  disk_gb: { schema: gigabytes(0.01).nullable().default(null), description: 'Disk that one task may fill; 10 where absent.' },
  processes: { schema: wholeNumber(16, 1_000_000).nullable().default(null), description: 'Processes and threads of one task; 1024, or 32 for each core, where absent.' },
  python: { schema: z.string().min(1).nullable().default(null), description: 'Python interpreter for experiments that need one; python3 where absent.' },
} as const satisfies Record<string, Setting>;

/** Settings of the commands that talk to a server. */
export const CLIENT_SETTINGS = {
  server: WORKER_SETTINGS.server,
  data: SERVER_SETTINGS.data,
  admin_token: { ...SERVER_SETTINGS.admin_token, description: 'Administrator’s API token; read from DATA/admin-token where absent.' },
} as const satisfies Record<string, Setting>;

/** Settings of the command that checks a ledger. */
export const LEDGER_SETTINGS = {
  checkpoint: { schema: z.string().min(1).nullable().default(null), description: 'File with an older checkpoint that you kept: the ledger must have grown from it.' },
  public_key: { schema: z.string().min(1).nullable().default(null), description: 'File with the public keys that you trust, one a line; those of the ledger or receipt itself where absent.' },
} as const satisfies Record<string, Setting>;

export type SettingsOf<T extends Record<string, Setting>> = { [Name in keyof T]: z.output<T[Name]['schema']> };
/** The settings of a worker that say how tasks are contained. */
export const SANDBOX_SETTINGS = { sandbox: WORKER_SETTINGS.sandbox, allow_network: WORKER_SETTINGS.allow_network, readable: WORKER_SETTINGS.readable, memory_gb: WORKER_SETTINGS.memory_gb, disk_gb: WORKER_SETTINGS.disk_gb, processes: WORKER_SETTINGS.processes };

/** From what was read to what a worker is started with. */
export function toSandboxSettings(config: SettingsOf<typeof SANDBOX_SETTINGS>): SandboxSettings {
  return { mode: config.sandbox, allowNetwork: config.allow_network, readable: (config.readable ?? '').split(',').map((path) => path.trim()).filter((path) => path !== ''), memoryGb: config.memory_gb, diskGb: config.disk_gb, processes: config.processes };
}

export type ServerConfig = SettingsOf<typeof SERVER_SETTINGS>;

/** Every setting's name: what a configuration file may hold. */
export const ALL_SETTINGS: readonly string[] = [...new Set([...Object.keys(SERVER_SETTINGS), ...Object.keys(WORKER_SETTINGS), ...Object.keys(LEDGER_SETTINGS)])];
