import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { LOCAL_ID, TREASURY_ID } from '#core/ledger.ts';
import { insertAccount, postEntry } from '#store/ledger.ts';
import { openSqlite } from '#store/sqlite.ts';
import { startTestServer, type TestServer } from '#test/running-server.ts';

let server: TestServer;
const folder = mkdtempSync(join(tmpdir(), 'xeenet-verify-'));
const fileOf = (name: string): string => join(folder, name);

before(async () => {
  server = await startTestServer();
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function post(...ids: string[]): Promise<void> {
  await server.engine.store.write(async (tx) => {
    for (const id of ids) await postEntry(tx, { id, at: server.engine.now(), kind: 'grant', debitAccount: TREASURY_ID, creditAccount: LOCAL_ID, amountMicrocredits: 5, briefId: null, taskId: null }, id);
  });
}

function verify(...words: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/xeenet.ts', 'ledger', 'verify', ...words], { encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}

function keep(name: string, content: unknown): string {
  writeFileSync(fileOf(name), typeof content === 'string' ? content : JSON.stringify(content));
  return fileOf(name);
}

test('a receipt is checked offline, with an older checkpoint and a key of one’s own', async () => {
  await post('zz1', 'zz2');
  const first = await server.call('GET', '/api/v1/ledger/entries/zz1/receipt');
  assert.equal(first.status, 200, JSON.stringify(first.body));
  const note = (await server.call('GET', '/api/v1/ledger/checkpoint?format=text')).body;
  assert.equal(note, first.body.checkpoint);
  await post('zz3', 'zz4');
  const { size } = (await server.call('GET', '/api/v1/ledger/checkpoint')).body;
  const { body: receipt } = await server.call('GET', `/api/v1/ledger/entries/zz3/receipt?since=${size}`);
  const [file, kept, key] = [keep('receipt.json', receipt), keep('kept.txt', note), keep('keys.txt', `# of the server\n${first.body.public_key}\n`)];
  const right = verify(file, '--checkpoint', kept, '--public-key', key);
  assert.deepEqual([right.status, right.said.split('\n').filter((line) => line.startsWith('ok')).length], [0, 3], right.said);
  const changed = verify(keep('changed.json', { ...receipt, entry: { ...receipt.entry, amount: 6 } }));
  assert.deepEqual([changed.status, /WRONG {2}The proof does not lead/.test(changed.said)], [1, true], changed.said);
  const without = verify(keep('without.json', { ...receipt, consistency: null }), '--checkpoint', kept);
  assert.match(without.said, new RegExp(`download it again with "\\?since=${size}"`));
});

test('a whole ledger is checked while its server runs, and as a copy that was changed', async () => {
  const checkpoint = (await server.call('GET', '/api/v1/ledger/checkpoint')).body;
  const kept = keep('answer.json', checkpoint);
  await post('zz5');
  const running = verify(server.dataDir, '--checkpoint', kept);
  assert.equal(running.status, 0, running.said);
  assert.match(running.said, /begins with the \d+ entries that the older checkpoint covers, unchanged/);
  assert.match(running.said, /waits? to be sealed/);
  const copy = fileOf('copied.db');
  cpSync(join(server.dataDir, 'xeenet.db'), copy);
  cpSync(join(server.dataDir, 'xeenet.db-wal'), `${copy}-wal`);
  const database = new DatabaseSync(copy);
  database.exec(`update entries set amount_microcredits = 7 where id = 'zz1'`);
  database.close();
  const before_ = [readdirSync(folder), statSync(copy).mtimeMs];
  const changed = verify(copy);
  assert.equal(changed.status, 1, changed.said);
  assert.match(changed.said, /another root than the entries before it/);
  assert.match(changed.said, /The account local has \d+ micro-credits, but its entries add up to \d+/);
  assert.deepEqual([readdirSync(folder), statSync(copy).mtimeMs], before_, 'nothing is written, not even beside it');
});

test('the key is made once, for its owner alone, and checkpoints of an older key still hold', async () => {
  const file = join(server.dataDir, 'ledger-key');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const { body: old } = await server.call('GET', '/api/v1/ledger/checkpoint?format=text');
  const kept = keep('old.txt', old);
  await server.close();
  rmSync(file);
  server = await startTestServer({ data: server.dataDir });
  await post('zz6');
  const { body: receipt } = await server.call('GET', '/api/v1/ledger/entries/zz6/receipt');
  assert.notEqual(receipt.public_key, null);
  const said = verify(server.dataDir, '--checkpoint', kept);
  assert.equal(said.status, 0, said.said);
  assert.equal((await server.call('GET', '/api/v1/ledger/checkpoints')).body.items.some((one: { key_id: string }) => one.key_id !== receipt.public_key.split('+')[1]), true);
});

test('a worker gets the receipts of its own account, and no others', async () => {
  const { workerId, token } = await server.enrol();
  await server.engine.store.write(async (tx) => {
    await insertAccount(tx, { id: 'other', kind: 'worker', name: 'Other' }, 0);
    for (const [id, creditAccount] of [['zw1', workerId], ['zw2', 'other']] as const) await postEntry(tx, { id, at: 1, kind: 'grant', debitAccount: TREASURY_ID, creditAccount, amountMicrocredits: 5, briefId: null, taskId: null }, id);
  });
  const statuses = await Promise.all(['zw1', 'zw2', 'missing'].map(async (id) => (await server.call('GET', `/api/v1/ledger/entries/${id}/receipt`, undefined, token)).status));
  assert.deepEqual(statuses, [200, 404, 404]);
  assert.equal((await server.call('GET', '/api/v1/ledger/checkpoint', undefined, token)).status, 200);
  assert.equal((await server.call('GET', '/api/v1/ledger/checkpoint', undefined, null)).status, 401);
});

test('sizes that no ledger has are refused at their field', async () => {
  for (const [query, path] of [['from=99999999', 'from'], ['from=0&to=99999999', 'to'], ['from=x', 'from'], ['from=-1', 'from'], ['', 'from'], ['from=2&to=1', 'from']] as const) {
    const { status, body } = await server.call('GET', `/api/v1/ledger/consistency?${query}`);
    assert.deepEqual([status, body.errors.map((issue: { path: string }) => issue.path)], [422, [path]], `${query}: ${JSON.stringify(body)}`);
  }
  assert.deepEqual((await server.call('GET', '/api/v1/ledger/consistency?from=0&to=0')).body, { from: 0, to: 0, hashes: [] });
});

test('what is no receipt and no database is refused with a sentence and status 2', async () => {
  const old = fileOf('old.db');
  const store = openSqlite(old, () => 0);
  await store.close();
  const database = new DatabaseSync(old);
  database.exec('delete from migrations where number = 11');
  database.close();
  const cases: [RegExp, ...string[]][] = [
    [/Name one receipt or one database/],
    [/Name one receipt or one database/, 'a', 'b'],
    [/There is no file or folder missing\.json/, 'missing.json'],
    [/no database in the folder/, folder],
    [/neither a receipt nor a database/, keep('nonsense.json', { a: 1 })],
    [/has no checkpoint, or its text was changed/, fileOf('receipt.json'), '--checkpoint', keep('nonsense.txt', 'hello')],
    [/Line 1 of the keys in .* is not the line of a public key/, fileOf('receipt.json'), '--public-key', fileOf('nonsense.txt')],
    [/of an earlier XeeNet/, old],
    [/PostgreSQL database cannot be used/, 'postgres://127.0.0.1:1/nothing'],
  ];
  for (const [sentence, ...words] of cases) {
    const { status, said } = verify(...words);
    assert.equal(status, 2, said);
    assert.match(said, sentence);
  }
});
