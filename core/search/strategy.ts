import type { FieldIssue } from '#core/errors.ts';
import type { Option } from '#core/option.ts';
import type { Configuration, Space } from '#core/space.ts';

/**
 * One configuration of a campaign and what is known of it. Losses are values turned so that lower is better: a value of
 * a metric that is maximized changes its sign.
 */
export type Trial = {
  config: Configuration;
  /** `open` waits or runs and has no value yet; `pruned` was stopped early; `failed` ended without a value. */
  state: 'measured' | 'open' | 'pruned' | 'failed';
  /** Mean over its seeds, where it is measured; otherwise null. */
  loss: number | null;
  /** How many runs are behind the loss. */
  runs: number;
  /** Where it was pruned: the share of its budget that it had used, and its loss there. */
  stopped: { share: number; loss: number } | null;
};

/** What a strategy is asked: `count` new configurations, all different from each other and from those of the trials. */
export type ProposalRequest = {
  space: Space;
  seed: number;
  options: Record<string, unknown>;
  count: number;
  /** Every configuration of the campaign so far, in the order in which they were chosen. */
  trials: readonly Trial[];
  /** Measured configurations of earlier campaigns on which this one builds. */
  earlier: readonly Trial[];
  /** How many configurations the campaign is to try in all. */
  total: number;
  /** How many runs go on at once, as far as is known; at least 1. */
  parallel: number;
  /** The standard deviation between runs of one configuration, where it is known. */
  noise: number | null;
};

/** The configurations asked for, with a sentence that says how they were chosen, or how many distinct ones there are when there are too few. */
export type Proposal = { ok: true; configurations: Configuration[]; note: string } | { ok: false; fits: number };

/**
 * A way to choose what to try. Pure and deterministic: the same request gives the same proposal on every platform.
 */
export type Strategy = {
  name: string;
  title: string;
  description: string;
  /** Whether results steer it: it is then asked for a few configurations at a time, as places to run them come free. */
  isAdaptive: boolean;
  /** What can be set of it; the form, the API and the documentation are made from this. */
  options: readonly Option[];
  /** What is wrong with given options; most strategies check them against their description and no more. */
  checkOptions: (options: Record<string, unknown>) => FieldIssue[];
  propose: (request: ProposalRequest) => Proposal;
};

/** A request before anything is known. */
export function firstRequest(request: Pick<ProposalRequest, 'space' | 'seed' | 'options' | 'count'>): ProposalRequest {
  return { ...request, trials: [], earlier: [], total: request.count, parallel: 1, noise: null };
}

/** A configuration of which nothing is known yet. */
export function openTrial(config: Configuration): Trial {
  return { config, state: 'open', loss: null, runs: 0, stopped: null };
}
