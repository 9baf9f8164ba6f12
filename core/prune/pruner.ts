import type { Option } from '#core/option.ts';

/**
 * How far one trial has come: its losses at the rungs, in their order, as far as it has reached them. Losses are values
 * turned so that lower is better. A rung for which no value came is null.
 */
export type Climb = {
  /** The place of the trial among those of its campaign. */
  number: number;
  losses: readonly (number | null)[];
  /** Its loss at the end; null where it has not come there. */
  final: number | null;
};

/** What a pruner is asked: whether a trial that has just reached the last of its rungs is to go on. */
export type PruneRequest = {
  options: Record<string, unknown>;
  trial: Climb;
  /** The other trials that have reached a rung, of the same hardware class, in the order of their numbers. */
  others: readonly Climb[];
};

/**
 * Whether a trial goes on, or with how many others it was compared in vain, and which loss it would have needed. `heading` is
 * the loss by which it was compared where that is not its loss at the rung.
 */
export type Decision = { stops: false } | { stops: true; heading: number | null; needed: number; compared: number; rule: string };

/**
 * A rule that stops trials early. Pure and deterministic. A rung is a share of the budget of a whole run, above 0 and
 * below 1; a trial is looked at when it reaches one, and never between them.
 */
export type Pruner = {
  name: string;
  title: string;
  description: string;
  options: readonly Option[];
  /** The rungs, the lowest first. */
  rungs: (options: Record<string, unknown>) => number[];
  decide: (request: PruneRequest) => Decision;
};

/** The decision that lets a trial go on. */
export const GO_ON: Decision = { stops: false };

/** Where a trial stands: the index of the last rung that it has reached, and its loss there; null where it has none. */
export function standingOf(trial: Climb): { rung: number; loss: number } | null {
  const rung = trial.losses.length - 1;
  const loss = trial.losses[rung];
  return loss === undefined || loss === null ? null : { rung, loss };
}

/** The losses of trials at a rung, of those that have one there. */
export function lossesAt(climbs: readonly Climb[], rung: number): number[] {
  return climbs.flatMap((climb) => climb.losses[rung] ?? []);
}

/** The value of an option that is a number: what is given, or its default. */
export function numberOf(options: readonly Option[], given: Record<string, unknown>, name: string): number {
  return Number(given[name] ?? options.find((one) => one.name === name)?.default);
}
