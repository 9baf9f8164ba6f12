import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '#core/random.ts';
import { sql } from '#store/seam.ts';
import { openSqlite } from '#store/sqlite.ts';

const WRITER = join(import.meta.dirname, 'acknowledging-writer.ts');
const ROUNDS = 5;

/** Lets a child write until it has acknowledged so many, kills it at once, and returns what it had acknowledged. */
async function writeUntilKilled(file: string, round: number, acknowledgements: number): Promise<string[]> {
  const child = spawn(process.execPath, [WRITER, file, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    output += chunk;
    if (output.split('\n').length > acknowledgements) child.kill('SIGKILL');
  });
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL');
  return output.split('\n').slice(0, -1);
}

test('every write that SQLite acknowledged is there after kill -9', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'xeenet-killed-'));
  const file = join(folder, 'xeenet.db');
  const random = seededRandom(Date.now());
  const acknowledged: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    acknowledged.push(...(await writeUntilKilled(file, round, 1 + Math.floor(random() * 200))));
    const store = openSqlite(file, () => 0);
    const rows = await store.reader.rows<{ idempotency_key: string }>(sql`select idempotency_key from idempotency_keys order by idempotency_key`);
    const check = await store.reader.rows<{ integrity_check: string }>(sql`pragma integrity_check`);
    await store.close();
    const kept = new Set(rows.map((row) => row.idempotency_key));
    assert.deepEqual(acknowledged.filter((key) => !kept.has(key)), []);
    assert.equal(check[0]?.integrity_check, 'ok');
  }
  assert.ok(acknowledged.length >= ROUNDS);
  await rm(folder, { recursive: true });
});
