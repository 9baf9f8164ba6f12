import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { create, Header } from 'tar';
import { gzipSync } from 'node:zlib';
import { sayProblem, startAnswering } from '#test/answering-server.ts';
import { createClient } from './client.ts';
import { createPackages } from './packages.ts';

const never = new AbortController().signal;
const served = new Map<string, Buffer>();
/** Approved, but not given out. */
const WITHHELD = 'b'.repeat(64);
const withdrawn = new Set<string>();
let server: Awaited<ReturnType<typeof startAnswering>>;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xeenet-packages-'));
  server = await startAnswering(({ path }, response) => {
    if (path === '/api/v1/packages') {
      const items = [...served.keys(), WITHHELD].filter((sha256) => !withdrawn.has(sha256)).map((sha256) => ({ sha256, experiment: 'one' }));
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ items }));
    }
    const bytes = served.get(path.split('/').at(-1) ?? '');
    if (bytes === undefined) sayProblem(response, 404, 'package_not_found');
    else response.writeHead(200, { 'content-type': 'application/gzip' }).end(bytes);
  });
});
after(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function packagesIn(name: string) {
  const path = join(folder, name);
  return { path, ready: mkdir(path, { recursive: true }), packages: createPackages(path, createClient({ serverUrl: server.url, token: 't' }), never) };
}

function serve(bytes: Buffer): string {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  served.set(sha256, bytes);
  return sha256;
}

/** A tar whose entries are what no tool would write. */
function craft(entries: { path: string; type: 'File' | 'SymbolicLink' | 'Link' | 'FIFO'; linkpath?: string; text?: string }[]): Buffer {
  const blocks = entries.flatMap(({ path, type, linkpath = '', text = '' }) => {
    const block = Buffer.alloc(512);
    new Header({ path, type, linkpath, size: Buffer.byteLength(text), mode: 0o644, mtime: new Date(0) }).encode(block);
    const content = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512);
    content.write(text);
    return [block, content];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

async function pack(name: string, files: Record<string, string>): Promise<Buffer> {
  const source = join(folder, `source-${name}`);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(source, path, '..'), { recursive: true });
    await writeFile(join(source, path), text);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of create({ cwd: source, gzip: true }, await readdir(source))) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test('a package is downloaded once for all who wait, and not again', async () => {
  const sha256 = serve(await pack('plain', { 'main.mjs': 'run', 'node_modules/a/index.js': 'a' }));
  const { path, ready, packages } = packagesIn('once');
  await ready;
  const asked = server.asked.length;
  const all = await Promise.all([packages.obtain(sha256, never), packages.obtain(sha256, never), packages.obtain(sha256, never)]);
  for (const one of all) assert.deepEqual(one, { ok: true, folder: join(path, sha256) });
  assert.equal(await readFile(join(path, sha256, 'node_modules/a/index.js'), 'utf8'), 'a');
  await packages.obtain(sha256, never);
  assert.deepEqual(server.asked.slice(asked).map((one) => one.path), ['/api/v1/packages', `/api/v1/packages/${sha256}`]);
  assert.deepEqual(await readdir(path), [sha256]);
});

test('bytes with another hash are not unpacked', async () => {
  const { path, ready, packages } = packagesIn('mismatch');
  await ready;
  const sha256 = 'a'.repeat(64);
  served.set(sha256, await pack('other', { 'main.mjs': 'run' }));
  const obtained = await packages.obtain(sha256, never);
  assert.ok(obtained !== null && !obtained.ok);
  assert.equal(obtained.error.kind, 'package_mismatch');
  assert.deepEqual(await readdir(path), []);
});

test('archives that reach out of their folder, link, or are none are refused', async () => {
  const unsafe: Record<string, [Buffer, string]> = {
    above: [craft([{ path: 'main.mjs', type: 'File', text: 'x' }, { path: '../outside.txt', type: 'File', text: 'x' }]), 'leads out'],
    roundabout: [craft([{ path: 'a/../../outside.txt', type: 'File', text: 'x' }]), 'leads out'],
    absolute: [craft([{ path: '/tmp/outside.txt', type: 'File', text: 'x' }]), 'leads out'],
    windows: [craft([{ path: 'C:\\outside.txt', type: 'File', text: 'x' }]), 'leads out'],
    link: [craft([{ path: 'etc', type: 'SymbolicLink', linkpath: '/etc' }, { path: 'etc/outside.txt', type: 'File', text: 'x' }]), 'SymbolicLink'],
    'hard link': [craft([{ path: 'hard', type: 'Link', linkpath: '/etc/passwd' }]), 'a Link'],
    pipe: [craft([{ path: 'pipe', type: 'FIFO' }]), 'FIFO'],
    empty: [gzipSync(Buffer.alloc(1024)), 'not a readable archive'],
    'not an archive': [Buffer.from('this is no archive at all'), 'not a readable archive'],
    'cut off': [(await pack('cut', { 'main.mjs': 'x'.repeat(100_000) })).subarray(0, 60), 'not a readable archive'],
  };
  const { path, ready, packages } = packagesIn('unsafe/inner');
  await ready;
  for (const [name, [bytes, because]] of Object.entries(unsafe)) {
    const obtained = await packages.obtain(serve(bytes), never);
    assert.ok(obtained !== null && !obtained.ok, name);
    assert.equal(obtained.error.kind, 'package_unsafe', name);
    assert.match(obtained.error.message, new RegExp(`unpacked: .*${because}`), name);
  }
  assert.deepEqual(await readdir(path), []);
  assert.deepEqual(await readdir(join(path, '..')), ['inner']);
});

test('a package that the server does not have is a failure, not a wait', async () => {
  const { ready, packages } = packagesIn('gone');
  await ready;
  const obtained = await packages.obtain(WITHHELD, never);
  assert.ok(obtained !== null && !obtained.ok);
  assert.equal(obtained.error.kind, 'package_unavailable');
});

test('a package that the server has not approved is neither loaded nor run, though it is here', async () => {
  const sha256 = serve(await pack('withdrawn', { 'main.mjs': 'run until withdrawn' }));
  const { path, ready, packages } = packagesIn('withdrawn');
  await ready;
  assert.equal((await packages.obtain(sha256, never))?.ok, true);
  withdrawn.add(sha256);
  const again = await createPackages(path, createClient({ serverUrl: server.url, token: 't' }), never).obtain(sha256, never);
  assert.ok(again !== null && !again.ok);
  assert.equal(again.error.kind, 'package_not_approved');
  const asked = server.asked.length;
  const unknown = await packages.obtain('c'.repeat(64), never);
  assert.equal(unknown?.ok, false);
  assert.deepEqual(server.asked.slice(asked).map((one) => one.path), ['/api/v1/packages']);
});

test('who no longer waits leaves; the others get the package', async () => {
  const sha256 = serve(await pack('shared', { 'main.mjs': 'run' }));
  const { ready, packages } = packagesIn('leave');
  await ready;
  const leaving = new AbortController();
  const [left, stayed] = [packages.obtain(sha256, leaving.signal), packages.obtain(sha256, never)];
  leaving.abort();
  assert.equal(await left, null);
  assert.equal((await stayed)?.ok, true);
});
