import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reader } from '#store/seam.ts';
import { html } from '#web/html.ts';
import { cachedPicture } from './cache.ts';

function emptyReader(): Reader {
  return { dialect: 'sqlite', rows: async () => [] };
}

test('a picture is drawn once per version, however many ask at once', async () => {
  const reader = emptyReader();
  let drawn = 0;
  const draw = async () => html`${(drawn += 1)}`;
  const both = await Promise.all([cachedPicture(reader, 'a', 1, draw), cachedPicture(reader, 'a', 1, draw)]);
  assert.deepEqual(both.map(String), ['1', '1']);
  assert.equal(String(await cachedPicture(reader, 'a', 2, draw)), '2');
  assert.equal(String(await cachedPicture(reader, 'b', 2, draw)), '3');
  assert.equal(String(await cachedPicture(emptyReader(), 'a', 2, draw)), '4', 'another database has pictures of its own');
});

test('a picture that failed is drawn again', async () => {
  const reader = emptyReader();
  await assert.rejects(cachedPicture(reader, 'a', 1, async () => Promise.reject(new Error('no'))), /no/);
  assert.equal(String(await cachedPicture(reader, 'a', 1, async () => html`yes`)), 'yes');
});

test('what was asked for longest ago is forgotten when too much is kept', async () => {
  const reader = emptyReader();
  const large = 'x'.repeat(1_500_000);
  let drawn = 0;
  const ask = (id: string) =>
    cachedPicture(reader, id, 1, async () => {
      drawn += 1;
      return html`${large}`;
    });
  for (let index = 0; index < 10; index += 1) await ask(String(index));
  await ask('0');
  await ask('new');
  await ask('0');
  assert.equal(drawn, 11, 'what was just looked at is kept');
  await ask('1');
  assert.equal(drawn, 12, 'what nobody looked at is drawn again');
});
