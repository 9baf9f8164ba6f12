import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLineSplitter, readLine } from './output.ts';

function split(chunks: string[]): { lines: string[]; text: string } {
  const lines: string[] = [];
  let text = '';
  const splitter = createLineSplitter((line) => lines.push(line), (part) => (text += part));
  for (const chunk of chunks) splitter.add(chunk);
  splitter.end();
  return { lines, text };
}

test('a step makes progress of a line, whatever else it holds', () => {
  assert.deepEqual(readLine('{"step": 120, "train_loss": 2.31, "note": "fine", "ok": true}'), { kind: 'progress', step: 120, values: { train_loss: 2.31 } });
  assert.deepEqual(readLine('  {"step":0}\r'), { kind: 'progress', step: 0, values: {} });
});

test('numbers that are not finite, as Python prints them, are read and are no points', () => {
  assert.deepEqual(readLine('{"step": 1, "loss": NaN, "other": 1.5, "far": -Infinity, "huge": 1e999}'), { kind: 'progress', step: 1, values: { other: 1.5 } });
  assert.deepEqual(readLine('{"loss": Infinity, "NaN": "NaN, \\"Infinity\\"", "huge": 1e999}'), { kind: 'result', metrics: { loss: null, NaN: 'NaN, "Infinity"', huge: null } });
});

test('an object without a step may be the result; only numbers, notes and truths are taken from it', () => {
  assert.deepEqual(readLine('{"val_bpb": 2.5, "device": "cpu", "done": true, "none": null, "list": [1], "object": {"a": 1}}'), {
    kind: 'result',
    metrics: { val_bpb: 2.5, device: 'cpu', done: true, none: null },
  });
});

test('everything else is text', () => {
  const texts = ['', 'epoch 3', '[1, 2]', '"text"', '3', 'null', '{"step": 1', '{step: 1}', '{"step": 1.5}', '{"step": -1}', '{"step": NaN}', '{"step": "1"}', '{NaN}', `{"a": "${'x'.repeat(2 ** 20)}"}`];
  for (const text of texts) assert.deepEqual(readLine(text), { kind: 'text' }, text.slice(0, 40));
});

test('names such as __proto__ are names', () => {
  const read = readLine('{"step": 1, "__proto__": 3, "constructor": 4}');
  assert.ok(read.kind === 'progress');
  assert.deepEqual(Object.entries(read.values), [['__proto__', 3], ['constructor', 4]]);
});

test('reading a line never fails', () => {
  fc.assert(fc.property(fc.string(), (line) => void readLine(line)));
  fc.assert(fc.property(fc.json(), (line) => void readLine(line)));
});

test('lines are the same however the stream was cut', () => {
  const line = fc.string({ maxLength: 20 }).map((text) => text.replaceAll(/[\r\n]/g, ' '));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(40)), (lines, cuts) => {
      const whole = lines.map((one) => `${one}\n`).join('');
      const chunks: string[] = [];
      let rest = whole;
      for (const size of cuts) {
        chunks.push(rest.slice(0, size));
        rest = rest.slice(size);
      }
      assert.deepEqual(split([...chunks, rest]), { lines, text: '' });
    }),
  );
});

test('a line that grows too long passes as text, piece by piece, and the next one is a line again', () => {
  const piece = 'x'.repeat(700_000);
  const { lines, text } = split(['first\n', piece, piece, `${piece}\nlast\r\nwithout an end`]);
  assert.deepEqual(lines, ['first', 'last', 'without an end']);
  assert.equal(text, `${piece.repeat(3)}\n`);
});
