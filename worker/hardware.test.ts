import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { registerInput } from '#protocol/worker.ts';
import { busyPercent, createLoadMeter, detectMachine, parseNvidia } from './hardware.ts';
import { detectRuntimes } from './runtimes.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xeenet-hardware-'));
});
after(() => rm(folder, { recursive: true, force: true }));

test('this machine is described as the wire wants it', async () => {
  const machine = await detectMachine();
  registerInput.parse({ name: 'n', hardware: machine });
  assert.equal(machine.cpu_cores, availableParallelism());
  assert.ok(machine.ram_gb > 0 && machine.ram_gb <= totalmem() / 2 ** 30 + 0.1);
  assert.equal(machine.platform, process.platform);
});

test('load is a share of the time since the last look', async () => {
  const load = await createLoadMeter(false)();
  assert.ok(load.ram_used_gb !== null && load.ram_used_gb > 0);
  assert.equal(load.gpu_percent, null);
  const look = (user: number, idle: number) => cpus().slice(0, 1).map((core) => ({ ...core, times: { user, nice: 0, sys: 0, idle, irq: 0 } }));
  assert.equal(busyPercent(look(100, 100), look(130, 110)), 75);
  assert.equal(busyPercent(look(100, 100), look(100, 100)), null);
});

test('nvidia-smi’s rows are read, also those of cards that do not tell everything', () => {
  const text = 'NVIDIA GeForce RTX 4090, 24564, 37\nNVIDIA H200, 143771, [N/A]\nOdd, Card, [N/A], [N/A]\n\n';
  assert.deepEqual(parseNvidia(text), [
    { model: 'NVIDIA GeForce RTX 4090', vram_gb: 24, percent: 37 },
    { model: 'NVIDIA H200', vram_gb: 140.4, percent: null },
    { model: 'Odd, Card', vram_gb: 0, percent: null },
  ]);
  assert.deepEqual(parseNvidia(''), []);
});

/** An interpreter that says what a test wants. */
async function interpreter(name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

test('what Python says of itself and of torch counts, as far as it came', async () => {
  const facts = `echo '{"python": "3.12.1", "path": "/opt/python", "user_base": "/home/u/.local", "roots": ["/opt"]}'`;
  const node = process.versions.node;
  const python = { path: '/opt/python', userBase: '/home/u/.local', roots: ['/opt'] };
  const detect = async (name: string, script: string) => detectRuntimes(await interpreter(name, script), process.env);
  assert.deepEqual(await detect('plain', facts), { runtimes: { node, python: '3.12.1' }, python });
  assert.deepEqual(await detect('cuda', `${facts}; echo '{"torch": "2.11.0"}'; echo '{"torch": "2.11.0+cu130", "cuda": true}'`), { runtimes: { node, python: '3.12.1', torch: '2.11.0+cu130', cuda: true }, python });
  assert.deepEqual(await detect('cpu', `${facts}; echo '{"torch": "2.11.0+cpu", "cuda": false}'`), { runtimes: { node, python: '3.12.1', torch: '2.11.0+cpu' }, python });
  assert.deepEqual(await detect('broken', `${facts}; echo '{"torch": "2.11.0"}'; echo '{"torch": false}'`), { runtimes: { node, python: '3.12.1' }, python });
  assert.deepEqual(await detect('slow', `${facts}; echo '{"torch": "2.11.0"}'; exit 1`), { runtimes: { node, python: '3.12.1', torch: '2.11.0' }, python });
  assert.deepEqual(await detect('nonsense', 'echo hello; exit 3'), { runtimes: { node }, python: null });
  assert.deepEqual(await detectRuntimes(join(folder, 'missing'), {}), { runtimes: { node }, python: null });
});
