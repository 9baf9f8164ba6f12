import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrationConfiguration } from './calibration.ts';
import { classOf, classTitle, describeHardware, speedOf, type HardwareClass } from './hardware-class.ts';
import type { Space } from './space.ts';
import type { Hardware } from './worker.ts';

const MACHINE: Hardware = { cpuModel: ' AMD  EPYC 7763 ', cpuCores: 4, ramGb: 16, gpus: [], platform: 'linux', arch: 'x64' };
const classWith = (number: number, stepsPerSecond: number | null, hardware = 'A CPU'): HardwareClass => ({ id: `c${number}`, packageSha256: 'p', number, hardware, stepsPerSecond, createdAt: number });

test('a machine is what it computes with: its cards where it has any, or else its processor', () => {
  assert.equal(describeHardware(MACHINE), 'AMD EPYC 7763, 4 cores, x64');
  assert.equal(describeHardware({ ...MACHINE, cpuModel: '', cpuCores: 1, arch: '' }), 'an unnamed processor, 1 core, unknown');
  const cards = [{ model: 'H100', vramGb: 80 }, { model: 'A10', vramGb: 24 }, { model: 'H100', vramGb: 80 }, { model: 'screen', vramGb: 0 }];
  assert.equal(describeHardware({ ...MACHINE, gpus: cards }), 'A10, 2 × H100');
  assert.equal(describeHardware({ ...MACHINE, ramGb: 64, platform: 'darwin' }), describeHardware(MACHINE), 'memory and system do not decide how fast a run is');
});

test('a machine joins the nearest class of equal hardware within 15 %, of equally near ones the oldest, and otherwise makes one', () => {
  const classes = [classWith(1, null), classWith(2, 100), classWith(3, 120), classWith(4, 100, 'Another')];
  const numberOf = (stepsPerSecond: number | null, hardware = 'A CPU') => classOf(classes, { hardware, stepsPerSecond })?.number ?? null;
  assert.deepEqual([numberOf(100), numberOf(86), numberOf(84), numberOf(109), numberOf(112), numberOf(138), numberOf(139)], [2, 2, null, 2, 3, 3, null]);
  assert.deepEqual([numberOf(null), numberOf(null, 'Another'), numberOf(100, 'Another'), numberOf(1e15)], [1, null, 4, null]);
  assert.equal(classOf([classWith(2, 100), classWith(1, 100)], { hardware: 'A CPU', stepsPerSecond: 101 })?.number, 1);
  assert.deepEqual([classTitle(classWith(1, null)), classTitle(classWith(2, 1234.5))], ['A CPU, speed not measured', 'A CPU, 1230 steps/s']);
});

test('few steps say nothing about speed', () => {
  assert.deepEqual(speedOf({ ok: true, steps: 30, seconds: 2 }), { stepsPerSecond: 15, reason: null });
  assert.match(speedOf({ ok: true, steps: 9, seconds: 2 }).reason ?? '', /9 steps; fewer than 10/);
  assert.deepEqual(speedOf({ ok: false, reason: 'It crashed.' }), { stepsPerSecond: null, reason: 'It crashed.' });
});

test('speed is measured in the middle of the space, or as near to it as constraints and conditions allow', () => {
  const space: Space = {
    parameters: {
      lr: { type: 'log', low: 1e-4, high: 1e-2 },
      d_model: { type: 'choice', values: [32, 64, 128], ordered: true },
      optimizer: { type: 'choice', values: ['adam', 'sgd'] },
      momentum: { type: 'uniform', low: 0, high: 1, when: { optimizer: ['sgd'] } },
    },
    constraints: [],
  };
  assert.deepEqual(calibrationConfiguration(space), { lr: 0.000995405, d_model: 64, optimizer: 'adam' });
  const bound = calibrationConfiguration({ ...space, constraints: ['d_model >= 100'] });
  assert.equal(bound?.['d_model'], 128);
  assert.deepEqual(calibrationConfiguration({ ...space, constraints: ['d_model >= 100'] }), bound, 'the same for all machines');
  assert.equal(calibrationConfiguration({ ...space, constraints: ['d_model > 128'] }), null);
  assert.deepEqual(calibrationConfiguration({ parameters: {}, constraints: [] }), {});
});
