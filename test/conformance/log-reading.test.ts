import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { insertAttempt } from '#store/attempt.ts';
import { appendLog, lockLog } from '#store/log.ts';
import type { Column, Reader, Sql } from '#store/seam.ts';
import { countLines, readLines } from '#web/parts/log/read-lines.ts';
import { lineText, logText } from '#web/parts/log/log-text.ts';
import { searchBackward, searchForward } from '#web/parts/log/search-log.ts';
import { onBothDatabases, type TestDatabase } from './databases.ts';
import { sampleAttempt, sampleBrief, sampleWorker, storeBrief, storeExperiment, storeWorker } from './samples.ts';

const taskId = 'family-of-l01-1';
const LONGEST_LINE = 4000;

onBothDatabases('reading logs', logReadingSuite);

function logReadingSuite(database: TestDatabase): void {
  let attempts = 0;
  before(async () => {
    await storeExperiment(database.store);
    await storeWorker(database.store, sampleWorker('w1'));
    await storeBrief(database.store, sampleBrief('l01'), 1);
  });

  /** Keeps a log, in the pieces given, as an attempt of its own. */
  async function keep(pieces: readonly string[]) {
    const attempt = (attempts += 1);
    await database.store.write(async (tx) => {
      await insertAttempt(tx, { ...sampleAttempt({ id: taskId }, 'w1'), attempt });
      for (const piece of pieces) await appendLog(tx, taskId, attempt, await lockLog(tx, taskId, attempt), piece);
    });
    return { taskId, attempt };
  }

  async function all(pieces: AsyncGenerator<string>): Promise<string> {
    let text = '';
    for await (const piece of pieces) text += piece;
    return text;
  }

  test('any window of any log has the lines that it has, however it came in pieces', async () => {
    const { reader } = database.store;
    const piece = fc.string({ unit: fc.constantFrom('a', 'B', '\n', '\n', ' ', 'é', '😀'), minLength: 1, maxLength: 12 });
    const property = fc.asyncProperty(fc.array(piece, { maxLength: 12 }), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 9 }), async (pieces, from, most) => {
      const log = await keep(pieces);
      const whole = pieces.join('');
      const lines = whole.split('\n');
      if (lines.at(-1) === '') lines.pop();
      assert.equal(await countLines(reader, log), lines.length);
      const expected = lines.map((text, index) => ({ number: index + 1, text, cut: false })).slice(from - 1, from - 1 + most);
      assert.deepEqual(await readLines(reader, log, from, most), expected);
      assert.equal(await all(logText(reader, log)), whole);
      assert.equal(await all(lineText(reader, log, from)), lines[from - 1] ?? '');
      const holding = lines.flatMap((text, index) => (text.toLowerCase().includes('ab') ? [index + 1] : []));
      assert.deepEqual((await searchForward(reader, log, 'Ab', 1, { most: 100 })).lines, holding);
      assert.deepEqual((await searchForward(reader, log, 'Ab', from, { most: 1 })).lines, holding.filter((line) => line >= from).slice(0, 1));
      assert.deepEqual((await searchBackward(reader, log, 'Ab', from)).lines, holding.filter((line) => line < from).slice(-1));
    });
    await fc.assert(property, { numRuns: 40 });
  });

  test('a very long line is cut where it is shown, found whole, and does not hide what comes after it', async () => {
    const { reader } = database.store;
    const part = 'x'.repeat(200_000);
    const log = await keep(['first\n', ...Array.from({ length: 20 }, () => part), 'needle', part, '\nlast']);
    const lines = await readLines(reader, log, 1, 10);
    assert.deepEqual(lines.map((line) => [line.number, line.text.length, line.cut]), [[1, 5, false], [2, LONGEST_LINE, true], [3, 4, false]]);
    assert.deepEqual((await searchForward(reader, log, 'xneedlex', 1, { most: 9 })).lines, [2]);
    assert.equal((await all(lineText(reader, log, 2))).length, 21 * part.length + 'needle'.length);
  });

  test('what a carriage return overwrites is not shown', async () => {
    const log = await keep(['10%\r20%', '\r30%\r\ndone\r', '\nabc\r\r\n', '\r', 'x\n']);
    assert.deepEqual((await readLines(database.store.reader, log, 1, 9)).map((line) => line.text), ['30%', 'done', 'abc', 'x']);
  });

  test('of a log of 50 MB only the pieces around what is shown are read', async () => {
    const { store } = database;
    const piece = Array.from({ length: 2500 }, (_, index) => `line ${index} ${'x'.repeat(85)}\n`).join('');
    const log = await keep(Array.from({ length: 200 }, () => piece));
    let read = 0;
    const reader: Reader = {
      dialect: store.reader.dialect,
      async rows<Row extends Record<string, Column>>(query: Sql) {
        const rows = await store.reader.rows<Row>(query);
        for (const row of rows) read += String(row['content'] ?? '').length;
        return rows;
      },
    };
    assert.equal(await countLines(reader, log), 500_000);
    for (const from of [1, 249_950, 499_801]) assert.deepEqual((await readLines(reader, log, from, 200)).map((line) => line.number), Array.from({ length: 200 }, (_, index) => from + index));
    assert.ok(read < 12 * piece.length, `${read} characters`);
  });

  test('a search that looks at too much says from where to go on', async () => {
    const { reader } = database.store;
    const log = await keep(Array.from({ length: 50 }, (_, index) => `${'line\n'.repeat(100)}${index === 49 ? 'needle\n' : ''}`));
    const lines: number[] = [];
    let rounds = 0;
    for (let next: number | null = 1; next !== null; rounds += 1) {
      const found = await searchForward(reader, log, 'needle', next, { most: 9, characters: 5000 });
      lines.push(...found.lines);
      next = found.next;
    }
    assert.deepEqual(lines, [5001]);
    assert.ok(rounds > 3 && rounds < 20, String(rounds));
  });
}
