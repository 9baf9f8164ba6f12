import { z } from 'zod';
import type { Experiment } from '#core/experiment.ts';
import type { Task } from '#core/task.ts';
import type { Worker } from '#core/worker.ts';
import { dataFile, needs } from './experiment.ts';
import { id, moment, toMoment, toMomentOrNull } from './scalar.ts';
import { configuration } from './space.ts';
import { fromHardware, fromSandbox, hardware, sandbox } from './worker.ts';

/** Where a result comes from: all that is needed to have it again, and to tell who had it on what. */
export const provenanceView = z.object({
  experiment: z.string(),
  package_sha256: z.string().describe('Covers the script, and the data that is packed with it'),
  run: z.array(z.string()),
  data: z.array(dataFile).describe('What the experiment declares to be data; all else that it reads is covered by the package'),
  config: configuration,
  seed: z.number(),
  time_budget_seconds: z.number(),
  attempt: z.number(),
  started_at: moment,
  finished_at: moment.nullable(),
  worker: z.object({
    id,
    name: z.string(),
    owner_id: z.string(),
    hardware,
    runtimes: needs,
    sandbox: sandbox.nullable(),
  }).describe('As it was at the attempt: a worker whose machine or runtimes change registers anew'),
});

/** The provenance of a task's last attempt; null before the first. What a worker row says of its machine never changes. */
export function fromRun(task: Task, worker: Worker | null, experiment: Experiment, packageSha256: string): z.infer<typeof provenanceView> | null {
  if (worker === null || task.startedAt === null) return null;
  return {
    experiment: experiment.name,
    package_sha256: packageSha256,
    run: experiment.run,
    data: experiment.data ?? [],
    config: task.config,
    seed: task.seed,
    time_budget_seconds: task.timeBudgetSeconds,
    attempt: task.attempt,
    started_at: toMoment(task.startedAt),
    finished_at: toMomentOrNull(task.finishedAt),
    worker: {
      id: worker.id,
      name: worker.name,
      owner_id: worker.ownerId,
      hardware: fromHardware(worker.hardware),
      runtimes: worker.runtimes,
      sandbox: worker.sandbox === null ? null : fromSandbox(worker.sandbox),
    },
  };
}
