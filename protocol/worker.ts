import { z } from 'zod';
import { LONGEST_REASON } from '#core/audit.ts';
import { STANDINGS } from '#core/verify.ts';
import { SANDBOX_LEVELS, SANDBOX_NETWORKS, type Sandbox } from '#core/sandbox.ts';
import type { Hardware, Load, Worker, WorkerState } from '#core/worker.ts';
import { needs, requirements } from './experiment.ts';
import { between, id, line, moment, pageQuery, prose, sha256, toMoment, whole } from './scalar.ts';
import { configuration } from './space.ts';

const MOST_SLOTS = 1024;
/** Points of one message. */
export const MOST_POINTS = 1000;
/** Characters of one log message. */
export const MOST_LOG_CHARACTERS = 256 * 1024;
/** The longest a claim waits. */
export const MOST_WAIT_SECONDS = 60;

const name = z.string().trim().max(200);
const percent = between(0, 100).nullable().default(null);

/** A machine. */
export const hardware = z.strictObject({
  cpu_model: name.default(''),
  cpu_cores: whole(1, 4096),
  ram_gb: between(0, 65_536),
  gpus: z.array(z.strictObject({ model: name, vram_gb: between(0, 65_536).default(0) })).max(64).default([]),
  platform: name.default('unknown'),
  arch: name.default('unknown'),
});

/** How a worker contains its tasks. */
export const sandbox = z.strictObject({
  level: z.enum(SANDBOX_LEVELS),
  network: z.enum(SANDBOX_NETWORKS),
  memory_gb: between(0, 65_536).nullable().default(null),
  disk_gb: between(0, 1e6).nullable().default(null),
  processes: whole(1, 1_000_000).nullable().default(null),
  lacks: z.array(z.string().trim().max(300)).max(16).default([]),
});

/** A worker introduces itself. */
export const registerInput = z.strictObject({
  name: line(100),
  hardware,
  runtimes: needs.default({}),
  slots: whole(1, MOST_SLOTS).default(1),
  sandbox: sandbox.nullable().default(null),
});
export const registerOutput = z.object({ worker_id: id, token: z.string().describe('Shown once'), heartbeat_seconds: z.number() });

const leaseName = z.strictObject({ task_id: id, attempt: whole(1, 1_000_000) });

/** A package that workers may run. */
export const approvedPackage = z.object({ sha256, experiment: z.string() });
/** All of them, as a worker reads them. */
export const approvedPackages = z.object({ items: z.array(approvedPackage) });

/** A worker says that it lives and what it works on. */
export const heartbeatInput = z.strictObject({
  load: z
    .strictObject({ cpu_percent: percent, ram_used_gb: between(0, 65_536).nullable().default(null), gpu_percent: percent })
    .prefault({}),
  leases: z.array(leaseName).max(MOST_SLOTS).default([]),
});
export const heartbeatOutput = z.object({ server_time: moment, lost: z.array(leaseName), drain: z.boolean() });

/** A worker asks for work. */
export const claimInput = z.strictObject({ slots: whole(1, MOST_SLOTS).default(1), wait_seconds: between(0, MOST_WAIT_SECONDS).default(0) });
export const claimedTask = z.object({
  task_id: id,
  attempt: z.number(),
  lease_token: z.string(),
  lease_expires_at: moment,
  experiment: z.string(),
  package_sha256: sha256,
  run: z.array(z.string()),
  metric: z.string(),
  config: configuration,
  seed: z.number(),
  time_budget_seconds: z.number(),
  startup_seconds: z.number(),
  grace_seconds: z.number(),
  network: z.boolean().default(false).describe('Whether its experiment asks for the network'),
  requires: requirements.default({}),
});
export const claimOutput = z.object({ tasks: z.array(claimedTask) });

const lease = { attempt: whole(1, 1_000_000), lease_token: z.string().max(200) };

/** Points of a learning curve. A value that is not finite is not a point and is left out. */
export const metricsInput = z.strictObject({
  ...lease,
  points: z
    .array(
      z.strictObject({
        step: whole(0, Number.MAX_SAFE_INTEGER),
        name: z.string().min(1).max(64),
        value: z.unknown().describe('A finite number; a point without one is left out'),
        at_seconds: between(0, 1e9).default(0),
      }),
    )
    .max(MOST_POINTS),
});

/** Lines of a task's log. `offset` is the number of characters sent before, so that a repeated message is kept once. */
export const logInput = z.strictObject({
  ...lease,
  text: z.string().max(MOST_LOG_CHARACTERS),
  offset: whole(0, Number.MAX_SAFE_INTEGER).optional(),
});

/** How an attempt ended. Crash values arrive as null, a text, or a number that is not finite; core/result.ts judges them. */
export const resultInput = z.strictObject({
  ...lease,
  outcome: z.enum(['completed', 'failed']),
  metrics: z.record(z.string().max(64), z.unknown()).default({}),
  error: z.strictObject({ kind: z.string().max(64), message: z.string().max(20_000) }).nullable().default(null),
});

/** What became of the task. `accepted` is false where a completed result had no possible value. */
export const resultOutput = z.object({ task_id: id, attempt: z.number(), state: z.string(), accepted: z.boolean() });

/** Why a worker is let out of quarantine. */
export const clearInput = z.strictObject({ reason: prose(LONGEST_REASON).describe('Stays with the worker') });

/** A worker as the API shows it. */
export const workerView = z.object({
  id,
  name: z.string(),
  state: z.enum(['online', 'busy', 'draining', 'offline']),
  hardware,
  runtimes: needs,
  slots: z.number(),
  standing: z.enum(STANDINGS).describe('How far its results are trusted in briefs with verification'),
  standing_reason: z.string().nullable(),
  sandbox: sandbox.nullable(),
  load: z.object({ cpu_percent: z.number().nullable(), ram_used_gb: z.number().nullable(), gpu_percent: z.number().nullable() }).nullable(),
  running: z.number(),
  completed: z.number(),
  failed: z.number(),
  created_at: moment,
  last_heartbeat_at: moment,
});

/** From the wire's form to the core's. */
export function toHardware(wire: z.infer<typeof hardware>): Hardware {
  return {
    cpuModel: wire.cpu_model,
    cpuCores: wire.cpu_cores,
    ramGb: wire.ram_gb,
    gpus: wire.gpus.map((gpu) => ({ model: gpu.model, vramGb: gpu.vram_gb })),
    platform: wire.platform,
    arch: wire.arch,
  };
}

/** From the core's form to the wire's. */
export function fromHardware(core: Hardware): z.infer<typeof hardware> {
  return {
    cpu_model: core.cpuModel,
    cpu_cores: core.cpuCores,
    ram_gb: core.ramGb,
    gpus: core.gpus.map((gpu) => ({ model: gpu.model, vram_gb: gpu.vramGb })),
    platform: core.platform,
    arch: core.arch,
  };
}

/** From the wire's form to the core's. */
export function toSandbox({ memory_gb, disk_gb, ...same }: z.infer<typeof sandbox>): Sandbox {
  return { ...same, memoryGb: memory_gb, diskGb: disk_gb };
}

/** From the core's form to the wire's. */
export function fromSandbox({ memoryGb, diskGb, ...same }: Sandbox): z.infer<typeof sandbox> {
  return { ...same, memory_gb: memoryGb, disk_gb: diskGb };
}

/** From the wire's form to the core's. */
export function toLoad(wire: z.infer<typeof heartbeatInput>['load']): Load {
  return { cpuPercent: wire.cpu_percent, ramUsedGb: wire.ram_used_gb, gpuPercent: wire.gpu_percent };
}

/** From the core's form to the wire's. */
export function fromWorker(worker: Worker, state: WorkerState): z.infer<typeof workerView> {
  const { load } = worker;
  return {
    id: worker.id,
    name: worker.name,
    state,
    hardware: fromHardware(worker.hardware),
    runtimes: worker.runtimes,
    slots: worker.slots,
    standing: worker.standing,
    standing_reason: worker.standingReason,
    sandbox: worker.sandbox === null ? null : fromSandbox(worker.sandbox),
    load: load === null ? null : { cpu_percent: load.cpuPercent, ram_used_gb: load.ramUsedGb, gpu_percent: load.gpuPercent },
    running: worker.running,
    completed: worker.completed,
    failed: worker.failed,
    created_at: toMoment(worker.createdAt),
    last_heartbeat_at: toMoment(worker.lastSeenAt),
  };
}

/** Query of the list of workers. */
export const workerQuery = z.strictObject(pageQuery);
