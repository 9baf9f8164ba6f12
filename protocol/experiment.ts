import { z } from 'zod';
import { asksForNetwork, type Experiment } from '#core/experiment.ts';
import { NETWORK } from '#core/worker.ts';
import { between, line, prose } from './scalar.ts';
import { constraints, fromSpace, parameters, toSpace } from './space.ts';

const MOST_SECONDS = 86_400;

/** Runtimes by name: `true`, a version, or a lower bound such as `>=26`. */
export const needs = z.record(z.string().max(64), z.union([z.string().max(64), z.boolean()]));

/** The least machine a task runs on. */
export const requirements = z.strictObject({
  cpu_cores: between(0, 4096).optional(),
  ram_gb: between(0, 65_536).optional(),
  gpu_vram_gb: between(0, 65_536).optional(),
});

/** A file of a package that is data, with the hash of its bytes. */
export const dataFile = z.object({ path: z.string(), sha256: z.string() });

/** The contract of an experiment: the content of its `experiment.yaml`. */
export const experimentManifest = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'is lower-case letters, digits and dashes, at most 64'),
  title: line(200),
  description: prose(4000).default(''),
  run: z.array(z.string().min(1).max(500)).min(1).max(32),
  needs: needs.default({}),
  network: z.boolean().default(false),
  requires: requirements.default({}),
  metric: z.strictObject({
    name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'is letters, digits and underscores, at most 64'),
    direction: z.enum(['minimize', 'maximize']),
    above: z.number().nullable().default(null),
  }),
  time_budget_seconds: between(0.1, MOST_SECONDS),
  startup_seconds: between(0, 3600).default(20),
  grace_seconds: between(0, 3600).default(15),
  space: parameters,
  constraints: constraints.default([]),
  bundle: z.array(z.string().max(200)).max(64).default([]),
  data: z.array(z.string().min(1).max(500)).max(64).default([]),
  synthetic: z.boolean().default(false),
});

/** From the wire's form to the core's; the hashes of its data are taken where it is packed. */
export function toExperiment(manifest: z.infer<typeof experimentManifest>): Experiment {
  const { needs: named, network, requires, time_budget_seconds, startup_seconds, grace_seconds, space, constraints: conditions, data: _, ...same } = manifest;
  return {
    ...same,
    // Asking for the network is a need like others: only a worker whose owner allows it meets it.
    needs: network ? { ...named, [NETWORK]: true } : named,
    requires: toRequirements(requires),
    timeBudgetSeconds: time_budget_seconds,
    startupSeconds: startup_seconds,
    graceSeconds: grace_seconds,
    space: toSpace(space, conditions),
  };
}

/** An experiment as the API shows it. */
export const experimentView = experimentManifest.extend({ data: z.array(dataFile), package_sha256: z.string() });

/** From the core's form to the wire's. */
export function fromExperiment(experiment: Experiment, packageSha256: string): z.infer<typeof experimentView> {
  const { needs: all, requires, timeBudgetSeconds, startupSeconds, graceSeconds, space, ...same } = experiment;
  const { [NETWORK]: _, ...named } = all;
  return {
    ...same,
    data: experiment.data ?? [],
    needs: named,
    network: asksForNetwork(experiment),
    requires: fromRequirements(requires),
    time_budget_seconds: timeBudgetSeconds,
    startup_seconds: startupSeconds,
    grace_seconds: graceSeconds,
    space: fromSpace(space),
    constraints: space.constraints,
    package_sha256: packageSha256,
  };
}

/** From the wire's form to the core's; what is not said asks for nothing. */
export function toRequirements(wire: z.infer<typeof requirements>): Experiment['requires'] {
  return { cpuCores: wire.cpu_cores ?? 0, ramGb: wire.ram_gb ?? 0, gpuVramGb: wire.gpu_vram_gb ?? 0 };
}

/** From the core's form to the wire's. */
export function fromRequirements(requires: Experiment['requires']) {
  return { cpu_cores: requires.cpuCores, ram_gb: requires.ramGb, gpu_vram_gb: requires.gpuVramGb };
}
