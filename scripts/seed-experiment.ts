import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { packExperiment } from '#bin/load-experiments.ts';
import type { Random } from '#core/random.ts';
import type { Configuration } from '#core/space.ts';
import type { PackedExperiment } from '#engine/register-experiment.ts';

/** The experiment that all made-up history belongs to. */
export const SYNTHETIC_NAME = 'synthetic-history';

const MANIFEST = {
  name: SYNTHETIC_NAME,
  title: 'Synthetic history',
  description: 'Made-up history for benchmarks and for looking at full pages. Nothing was trained: "npm run seed" computed every value from its configuration and a random number.',
  synthetic: true,
  run: ['node', 'main.mjs'],
  // No machine reports this runtime but the made-up workers, so that no real one ever takes a task of this history.
  needs: { synthetic: true },
  requires: { cpu_cores: 1, ram_gb: 1, gpu_vram_gb: 0 },
  metric: { name: 'val_bpb', direction: 'minimize', above: 0 },
  time_budget_seconds: 30,
  startup_seconds: 10,
  grace_seconds: 15,
  space: {
    lr: { type: 'log', low: 1e-4, high: 2e-2 },
    lr_schedule: { type: 'choice', values: ['cosine', 'linear', 'step_decay'] },
    n_layers: { type: 'choice', values: [1, 2, 4, 6], ordered: true },
    n_heads: { type: 'choice', values: [2, 4], ordered: true },
    d_model: { type: 'choice', values: [32, 64, 128, 256], ordered: true },
    d_ff: { type: 'int', low: 128, high: 1024, step: 64 },
    dropout: { type: 'uniform', low: 0, high: 0.4 },
    batch_size: { type: 'choice', values: [8, 16, 32, 64], ordered: true },
    context_length: { type: 'choice', values: [32, 64, 128], ordered: true },
  },
  constraints: ['d_model % n_heads == 0', 'd_ff >= 2 * d_model'],
};

const SCRIPT = `// Synthetic: this script trains nothing. The history that refers to it was made up by "npm run seed", for benchmarks
// and for looking at full pages. No value of it was ever measured.
process.stderr.write('This experiment is synthetic and cannot be run.\\n');
process.exitCode = 1;
`;

/** The package of the made-up experiment; its text says what it is. */
export async function packSynthetic(): Promise<PackedExperiment> {
  const folder = await mkdtemp(join(tmpdir(), 'xeenet-seed-'));
  try {
    await writeFile(join(folder, 'experiment.yaml'), stringify(MANIFEST));
    await writeFile(join(folder, 'main.mjs'), SCRIPT);
    return await packExperiment(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * A plausible val_bpb: a bowl around a learning rate that falls with the width, gains by size and budget that fade, and
 * noise of the seed.
 */
export function syntheticValue(config: Configuration, timeBudgetSeconds: number, random: Random): number {
  const number = (name: string): number => Number(config[name]);
  const offset = Math.log10(number('lr')) + 2.6 + 0.25 * Math.log2(number('d_model') / 64);
  const size = Math.log2(number('n_layers') * number('d_model'));
  const schedule = { cosine: 0, linear: 0.02, step_decay: 0.05 }[String(config['lr_schedule'])] ?? 0;
  const noise = 0.02 * gaussian(random);
  const value = 2.05 + 0.28 * offset ** 2 + 1.6 / size + 0.3 / Math.sqrt(timeBudgetSeconds / 10) + schedule + 0.2 * (number('dropout') - 0.1) ** 2 + noise;
  return Number(Math.max(1.2, value).toPrecision(9));
}

/** A standard normal number (Box & Muller 1958, Annals of Mathematical Statistics 29:610–611). */
function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
