import type { FieldIssue } from '#core/errors.ts';
import type { Configuration, Space } from '#core/space.ts';

/** What a strategy is asked: `count` new configurations, all different from each other and from those `taken`. */
export type ProposalRequest = {
  space: Space;
  seed: number;
  options: Record<string, unknown>;
  count: number;
  taken: readonly Configuration[];
};

/** The configurations asked for, or how many distinct ones there are when there are too few. */
export type Proposal = { ok: true; configurations: Configuration[] } | { ok: false; fits: number };

/**
 * A way to choose what to try. Pure and deterministic: the same request gives the same proposal on every platform.
 */
export type Strategy = {
  name: string;
  title: string;
  description: string;
  checkOptions: (options: Record<string, unknown>) => FieldIssue[];
  propose: (request: ProposalRequest) => Proposal;
};
