import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandomPool } from './random-pool.ts';

test('a pool hands out as many bytes as asked, never the same ones', () => {
  const random = createRandomPool();
  const drawn = Array.from({ length: 1000 }, () => Buffer.from(random(32)).toString('hex'));
  assert.equal(new Set(drawn).size, drawn.length);
  assert.ok(drawn.every((one) => one.length === 64));
  assert.equal(random(10_000).length, 10_000);
});

test('bytes handed out before stay as they were', () => {
  const random = createRandomPool();
  const first = random(16);
  const kept = Buffer.from(first).toString('hex');
  for (let draw = 0; draw < 1000; draw += 1) random(16);
  assert.equal(Buffer.from(first).toString('hex'), kept);
});
