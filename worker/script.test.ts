import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { runScript, type Script } from './script.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xeenet-script-'));
});
after(() => rm(folder, { recursive: true, force: true }));

function scriptOf(code: string, more: Partial<Script> = {}): Script {
  const nothing = () => undefined;
  const sink = { isFull: () => false, room: () => Promise.resolve() };
  const args = ['-e', code];
  return { command: process.execPath, args, workingFolder: folder, folder: join(folder, 'marker'), env: {}, limitMs: 60_000, limits: null, isEnclosed: false, signal: new AbortController().signal, onStart: async () => undefined, onOutput: nothing, onError: nothing, sink, ...more };
}

test('while the sink is full nothing is read, and in the end everything was', async () => {
  let text = '';
  let isPaused = false;
  const room = async () => {
    isPaused = true;
    // Turns of the event loop in which a pipe that was still read would bring something.
    for (let turns = 0; turns < 20; turns++) await turn();
    isPaused = false;
  };
  let pausedCharacters = 0;
  const onOutput = (piece: string) => {
    if (isPaused) pausedCharacters += piece.length;
    text += piece;
  };
  const code = `for (let line = 0; line < 60000; line++) require('node:fs').writeSync(1, 'line ' + line + ' é\\n');`;
  const ending = await runScript(scriptOf(code, { onOutput, sink: { isFull: () => true, room } }));
  assert.equal(ending.code, 0);
  assert.ok(text === Array.from({ length: 60_000 }, (_, line) => `line ${line} é\n`).join(''));
  // Once the script has ended, what its pipe and the stream still hold is read without waiting: 64 KiB each.
  assert.ok(pausedCharacters <= 2 * 65_536, `${pausedCharacters} characters came while there was no room`);
});

test('a script that has already been told to end ends, and the reason is kept', async () => {
  for (const reason of ['lost', 'worker_stopped'] as const) {
    const ending = await runScript(scriptOf('setInterval(() => {}, 1000)', { signal: AbortSignal.abort(reason) }));
    assert.equal(ending.stopped, reason);
  }
});

test('a script whose folder or program is missing never ran', async () => {
  assert.match((await runScript(scriptOf('', { command: 'there-is-no-such-program' }))).spawnError ?? '', /ENOENT/);
  assert.match((await runScript(scriptOf('', { workingFolder: join(folder, 'nowhere') }))).spawnError ?? '', /ENOENT/);
});
