import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reader } from '#store/seam.ts';
import { createKept } from './kept.ts';

function emptyReader(): Reader {
  return { dialect: 'sqlite', rows: async () => [] };
}

test('something is made once per version, however many ask at once', async () => {
  const kept = createKept<number>(100, () => 1);
  const reader = emptyReader();
  let made = 0;
  const make = async () => (made += 1);
  assert.deepEqual(await Promise.all([kept(reader, 'a', 1, make), kept(reader, 'a', 1, make)]), [1, 1]);
  assert.equal(await kept(reader, 'a', 2, make), 2);
  assert.equal(await kept(reader, 'b', 2, make), 3);
  assert.equal(await kept(emptyReader(), 'a', 2, make), 4, 'another database has its own');
});

test('while one is being made all who ask for newer versions share the newest, which is made next', async () => {
  const kept = createKept<string>(100, () => 1);
  const reader = emptyReader();
  const first = Promise.withResolvers<string>();
  const made: number[] = [];
  const make = (version: number) => async () => {
    made.push(version);
    return version === 1 ? first.promise : String(version);
  };
  const asked = [1, 2, 3, 4].map((version) => kept(reader, 'a', version, make(version)));
  first.resolve('1');
  assert.deepEqual(await Promise.all(asked), ['1', '4', '4', '4']);
  assert.deepEqual(made, [1, 4]);
  assert.equal(await kept(reader, 'a', 4, make(4)), '4');
  assert.deepEqual(made, [1, 4], 'the last one is kept under its own version');
});

test('what failed is made again, also for those who waited for the next', async () => {
  const kept = createKept<string>(100, () => 1);
  const reader = emptyReader();
  const failing = kept(reader, 'a', 1, async () => Promise.reject(new Error('no')));
  const following = kept(reader, 'a', 2, async () => 'next');
  await assert.rejects(failing, /no/);
  assert.equal(await following, 'next');
  await assert.rejects(kept(reader, 'b', 1, async () => Promise.reject(new Error('no'))), /no/);
  assert.equal(await kept(reader, 'b', 1, async () => 'yes'), 'yes');
});

test('what was asked for longest ago is forgotten when too much is kept', async () => {
  const kept = createKept<number>(10, () => 1);
  const reader = emptyReader();
  let made = 0;
  const ask = (id: string) => kept(reader, id, 1, async () => (made += 1));
  for (let index = 0; index < 10; index += 1) await ask(String(index));
  await ask('0');
  await ask('new');
  await ask('0');
  assert.equal(made, 11, 'what was just looked at is kept');
  await ask('1');
  assert.equal(made, 12, 'what nobody looked at is made again');
});
