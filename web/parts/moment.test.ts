import assert from 'node:assert/strict';
import { test } from 'node:test';
import { html } from '#web/html.ts';
import { versionOf } from '#web/live.ts';
import { ago, elapsed, took } from './moment.ts';

const NOW = Date.UTC(2026, 2, 12, 5, 35, 50);

test('a moment is relative, with the exact one in it', () => {
  assert.equal(String(ago(NOW - 4000, NOW)), '<time datetime="2026-03-12T05:35:46.000Z" title="2026-03-12 05:35:46 UTC" data-tick="ago">4 s ago</time>');
  const words = [0, 59_000, 61_000, 3_600_000, 47 * 3_600_000, 48 * 3_600_000].map((before) => />([^<]+)</.exec(String(ago(NOW - before, NOW)))?.[1]);
  assert.deepEqual(words, ['just now', '59 s ago', '1 min ago', '1 h ago', '47 h ago', '2 d ago']);
  assert.match(String(ago(null, NOW)), /–/);
});

test('a length of time ticks while it grows and stands when it has ended', () => {
  assert.match(String(took(NOW - 12_000, null, NOW)), /data-tick="elapsed">12 s</);
  assert.equal(String(took(NOW - 12_340, NOW, NOW)), '12.3 s');
  assert.match(String(took(null, null, NOW)), /–/);
});

test('the passing of time alone makes no new version, since browsers keep time themselves', () => {
  const at = (now: number) => html`<p>${ago(NOW - 4000, now)} ${elapsed(NOW - 4000, now)} ${1}</p>`;
  assert.equal(versionOf(at(NOW)), versionOf(at(NOW + 90_000)));
  assert.notEqual(versionOf(at(NOW)), versionOf(html`${at(NOW)}!`));
});
