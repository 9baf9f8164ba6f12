import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { addSpent, findBrief } from './brief.ts';
import type { Reader, Store, Tx } from './seam.ts';

/** Never called: the compiler reads it. An expectation of an error that does not come is an error itself. */
export function whatTypesRefuse(reader: Reader, tx: Tx, store: Store): unknown[] {
  return [
    findBrief(reader, 'id'),
    findBrief(tx, 'id'),
    addSpent(tx, 'id', 1),
    // @ts-expect-error -- a page that holds a Reader cannot write
    addSpent(reader, 'id', 1),
    // @ts-expect-error -- nor through the reader of a store
    addSpent(store.reader, 'id', 1),
    // @ts-expect-error -- nor by something that merely looks like a transaction
    addSpent({ ...reader, run: async () => 0, touch: () => undefined }, 'id', 1),
    // @ts-expect-error -- nor by a store
    addSpent(store, 'id', 1),
    // @ts-expect-error -- a reader has nothing that changes rows
    reader.run,
  ];
}

test('a Reader does not pass for a Tx', async () => {
  const root = join(import.meta.dirname, '..');
  const folder = await mkdtemp(join(tmpdir(), 'xeenet-types-'));
  const project = join(folder, 'tsconfig.json');
  await writeFile(project, JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions: { typeRoots: [join(root, 'node_modules/@types')] }, include: [], files: [import.meta.filename] }));
  const { stdout, failed } = await new Promise<{ stdout: string; failed: boolean }>((resolve) => {
    execFile(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], { cwd: root }, (error, output) => resolve({ stdout: output, failed: error !== null }));
  });
  await rm(folder, { recursive: true });
  assert.deepEqual([failed, stdout], [false, '']);
});
