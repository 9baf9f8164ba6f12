import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { lockFolder } from './lock.ts';
import { StoreUnavailable } from './seam.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xeenet-lock-'));
});
after(() => rm(folder, { recursive: true }));

test('a folder that is taken is told from one that cannot be used', async () => {
  const unlock = lockFolder(folder);
  assert.throws(() => lockFolder(folder), saying(/Another XeeNet runs/));
  unlock();
  lockFolder(folder)();
  await writeFile(join(folder, 'lock.db'), 'this is no lock');
  assert.throws(() => lockFolder(folder), saying(/cannot be used: .*lock\.db: file is not a database/));
  assert.throws(() => lockFolder(join(folder, 'nothing')), saying(/cannot be used: .*unable to open/));
});

function saying(sentence: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof StoreUnavailable && sentence.test(error.message);
}
