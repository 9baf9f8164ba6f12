import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readAbilities, showable } from './bubblewrap.ts';
import { bytesBelow } from './limit-watch.ts';
import { limitsOf } from './limits.ts';

const GIB = 2 ** 30;
const UNSET = { memoryGb: null, diskGb: null, processes: null };
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xeenet-limits-'));
});
after(() => rm(folder, { recursive: true, force: true }));

test('an owner’s limits stand; without them a slot has its share, and what needs more has that', () => {
  const machine = { ram_gb: 20, cpu_cores: 64 };
  assert.deepEqual(limitsOf(UNSET, machine, 2), { memoryBytes: 9 * GIB, diskBytes: 10 * GIB, processes: 2048 });
  assert.equal(limitsOf(UNSET, machine, 2, 12).memoryBytes, 12 * GIB);
  assert.deepEqual(limitsOf({ memoryGb: 1, diskGb: 2, processes: 30 }, machine, 2, 12), { memoryBytes: GIB, diskBytes: 2 * GIB, processes: 30 });
  assert.equal(limitsOf(UNSET, { ram_gb: 4, cpu_cores: 2 }, 1).processes, 1024);
});

test('a folder that holds the home is not shown, nor what is missing, relative, or shown already', async () => {
  const [home, python] = [join(folder, 'home'), join(folder, 'home', 'python')];
  await mkdir(join(python, 'lib'), { recursive: true });
  await symlink(python, join(folder, 'linked'));
  assert.deepEqual(showable([folder, home, '/', null, undefined, 'python', join(folder, 'missing'), '/usr/lib'], home), []);
  assert.deepEqual(showable([join(python, 'lib'), python, python], home), [python]);
  assert.deepEqual(showable([join(folder, 'linked')], home).toSorted(), [python, join(folder, 'linked')].toSorted(), 'a link is shown with what it leads to');
});

test('an older bubblewrap is used without what it lacks', () => {
  assert.deepEqual(readAbilities('bwrap', '    --unshare-user\n'), { program: 'bwrap', canLimitFolders: false, canForbidNamespaces: false });
  assert.deepEqual(readAbilities('bwrap', '    --size BYTES\n    --disable-userns  Disable\n'), { program: 'bwrap', canLimitFolders: true, canForbidNamespaces: true });
});

test('what is on disk is counted without following links, and only as far as it matters', async () => {
  const full = join(folder, 'full');
  await mkdir(join(full, 'deep', 'deeper'), { recursive: true });
  const empty = await bytesBelow(full, Infinity);
  await writeFile(join(full, 'deep', 'deeper', 'large'), Buffer.alloc(1_000_000, 1));
  await symlink('/', join(full, 'root'));
  await symlink('.', join(full, 'loop'));
  const bytes = (await bytesBelow(full, Infinity)) - empty;
  assert.ok(bytes >= 1_000_000 && bytes < 1_100_000, `${bytes} bytes`);
  assert.equal(await bytesBelow(join(folder, 'nowhere'), 1), 0);
});
