import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accept, assert as ensure, ERRORS, refuse, type ErrorCode } from './errors.ts';

test('every error has a status of its kind and a sentence of its own', () => {
  const sentences = Object.values(ERRORS).map((error) => error.sentence);
  assert.equal(new Set(sentences).size, sentences.length);
  for (const [code, { status, sentence }] of Object.entries(ERRORS)) {
    assert.match(code, /^[a-z]+(_[a-z]+)*$/);
    assert.ok(status >= 400 && status <= 599, code);
    assert.match(sentence, /^[A-Z].*[.!]$/, code);
  }
});

test('a refusal speaks the sentence of its code unless it has a better one', () => {
  assert.deepEqual(refuse('not_found'), { ok: false, refusal: { code: 'not_found', detail: ERRORS.not_found.sentence, issues: [] } });
  const issues = [{ path: 'a.b', message: 'is wrong' }];
  assert.deepEqual(refuse('invalid', 'Look again.', issues).refusal, { code: 'invalid' satisfies ErrorCode, detail: 'Look again.', issues });
  assert.deepEqual(accept(3), { ok: true, value: 3 });
});

test('a broken invariant throws', () => {
  assert.doesNotThrow(() => ensure(true, 'holds'));
  assert.throws(() => ensure(false, 'one is two'), /invariant broken: one is two/);
});
