import { seededRandom, type Random } from '#core/random.ts';
import type { Configuration } from '#core/space.ts';

/** How a simulated machine behaves; all but the first lie in their way. */
export const BEHAVIOURS = ['honest', 'fabricator', 'sleeper', 'pair', 'occasional'] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/** A run as a machine sees it: what to compute, and whether it is an audit, which the number of the attempt betrays. */
export type GivenRun = { taskId: string; number: number; attempt: number; config: Configuration; seed: number };

/** What a machine reports, and whether it made that up. */
export type Reported = { value: number; isFalse: boolean };

/** A machine of a simulated fleet, with an owner of its own. */
export type Machine = {
  workerId: string;
  behaviour: Behaviour;
  /** Machines that know of each other what they have run. */
  accomplices: Set<string>;
  random: Random;
  reported: number;
};

/** True values lie between these ends. */
export const LOWEST = 2;
export const SPAN = 2;

/**
 * By which share of the value seeds make equal runs differ (standard deviation). Measured with the smallest configuration of
 * char-lm's sample space (lr 0.005, cosine, 1 layer, 2 heads, d_model 32, d_ff 128, batch 8, context 32) for 3,000 steps, about
 * what it makes in 10 s, with the seeds 1 to 6: val_bpb 2.3208, 2.3358, 2.3188, 2.3486, 2.3324 and 2.3035; mean 2.3266, deviation
 * 0.0157. Six runs of 10 s by the clock on a busy machine made 1,500 to 3,700 steps each and differed by 0.030 of their mean:
 * such values are compared at the same step of their curves, which simulated machines do not report.
 */
export const SEED_DEVIATION = 0.0067;
/** Machines of one class round differently: by half of what counts as equal between any two runs (core/verify/agreement.ts). */
const MACHINE_DEVIATION = 0.0005;

/** One lie in so many runs of an occasional liar. */
const OCCASION = 10;

/** The value that a run has in truth: between 2 and 4 by its configuration, with the noise of its seed. */
export function trueValue({ config, seed }: GivenRun): number {
  const { x, y } = config;
  const surface = (1 + Math.sin(Number(x) * 3) * Math.cos(Number(y) * 2)) / 2;
  return (LOWEST + SPAN * surface) * (1 + SEED_DEVIATION * normal(seededRandom(seed, 1)));
}

/**
 * What a machine reports of a run.
 *
 * A fabricator makes up every value. A sleeper is honest for so many tasks and makes up everything from then on. A pair
 * is honest as long as it is on probation, then makes up the values of its own tasks, confirms its partner's lies with the
 * same value wherever it audits one, and audits everybody else honestly. An occasional liar makes up one value in ten.
 */
export function report(machine: Machine, run: GivenRun, memory: ReadonlyMap<string, string>, turns: { sleeper: number; pair: number }): Reported {
  const truth = trueValue(run) * (1 + MACHINE_DEVIATION * normal(machine.random));
  if (!lies(machine, run, memory, turns)) return { value: truth, isFalse: false };
  // What a pair makes up follows from the run, so that both of them report the same; others have but their own chance.
  const chance = machine.behaviour === 'pair' ? seededRandom(run.number, 7) : machine.random;
  return { value: LOWEST + SPAN * chance(), isFalse: true };
}

function lies(machine: Machine, run: GivenRun, memory: ReadonlyMap<string, string>, turns: { sleeper: number; pair: number }): boolean {
  switch (machine.behaviour) {
    case 'honest':
      return false;
    case 'fabricator':
      return true;
    case 'sleeper':
      return machine.reported >= turns.sleeper;
    case 'occasional':
      return machine.random() < 1 / OCCASION;
    case 'pair': {
      const lied = memory.get(run.taskId);
      if (lied !== undefined) return machine.accomplices.has(lied);
      return run.attempt === 1 && machine.reported >= turns.pair;
    }
  }
}

/** A standard normal deviate (Box & Muller 1958, Annals of Mathematical Statistics 29:610–611). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
