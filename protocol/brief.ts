import { z } from 'zod';
import { BRIEF_STATES, MOST_SECONDS, MOST_TASKS, type Brief, type BriefRequest } from '#core/brief.ts';
import { MICROCREDITS } from '#core/ledger.ts';
import { DEFAULT_VERIFICATION, MOST_RUNS, type VerificationPolicy } from '#core/verify.ts';
import { HARDWARE_PROFILES } from '#core/worker.ts';
import { fromRequirements, requirements, toRequirements } from './experiment.ts';
import { between, id, line, moment, pageQuery, prose, toMoment, toMomentOrNull, whole } from './scalar.ts';
import { constraints, fromSpace, parameters, toSpace } from './space.ts';

const MOST_CREDITS = 1_000_000_000;
const MOST_SEED = 2 ** 31 - 1;

const strategyChoice = z.looseObject({
  name: z.string().max(64).default('random'),
  seed: whole(0, MOST_SEED - MOST_TASKS).default(42),
});

const policy = z.strictObject({
  audit_share: between(0, 1).default(DEFAULT_VERIFICATION.auditShare).describe('Share of results that are run again once a worker is trusted'),
  quorum: whole(2, MOST_RUNS).default(DEFAULT_VERIFICATION.quorum).describe('How many runs must agree'),
  tolerance: between(0, 1e100).nullable().default(DEFAULT_VERIFICATION.tolerance).describe("How far two values may be apart; null takes it from the campaign's noise"),
}, { error: (issue) => (issue.code === 'invalid_type' ? 'must be true, false, or an object with audit_share, quorum and tolerance' : undefined) });

/** `true` asks for the default policy and `false` for none. */
const verification = z
  .preprocess((value) => (value === true ? {} : value === false ? null : value), policy.nullable())
  .default(null)
  .describe('How results are verified by running some of them again elsewhere: true or {} for the default policy; null or false to take them as they come');

/** What a researcher sends to ask for a campaign. */
export const briefInput = z.strictObject({
  title: line(200),
  goal: prose(4000).default(''),
  experiment: line(64),
  strategy: strategyChoice.prefault({}).describe('name, seed, and the options of the strategy'),
  space: parameters.default({}).describe("Narrows or fixes parameters of the experiment's own space"),
  constraints: constraints.default([]).describe("Added to the experiment's own"),
  num_tasks: whole(1, MOST_TASKS).describe('Training runs in all, replicates included'),
  replicates: whole(1, 1000).default(1).describe('Seeds per configuration'),
  time_budget_seconds: between(0.1, MOST_SECONDS).optional().describe("Training time of each task; the experiment's own where absent"),
  budget_credits: between(0, MOST_CREDITS).describe('At most this many credits are spent; one credit is a minute of budgeted training'),
  hardware_profile: z.enum(Object.keys(HARDWARE_PROFILES) as [string, ...string[]]).default('any'),
  requires: requirements.default({}).describe('Finer than the profile; the stricter of both holds'),
  priority: whole(-1000, 1000).default(0).describe("Of this brief's tasks among each other"),
  verification,
  draft: z.boolean().default(false).describe('Keep it without running it'),
});

/** From the wire's form to the core's. */
export function toBriefRequest(wire: z.infer<typeof briefInput>): BriefRequest {
  const { name, seed, ...options } = wire.strategy;
  return {
    title: wire.title,
    goal: wire.goal,
    experiment: wire.experiment,
    strategy: { name, seed, options },
    space: toSpace(wire.space, wire.constraints),
    numTasks: wire.num_tasks,
    replicates: wire.replicates,
    timeBudgetSeconds: wire.time_budget_seconds ?? null,
    budgetMicrocredits: Math.round(wire.budget_credits * MICROCREDITS),
    hardwareProfile: wire.hardware_profile,
    requires: toRequirements(wire.requires),
    priority: wire.priority,
    verification: wire.verification === null ? null : toPolicy(wire.verification),
    draft: wire.draft,
  };
}

function toPolicy({ audit_share, quorum, tolerance }: z.infer<typeof policy>): VerificationPolicy {
  return { auditShare: audit_share, quorum, tolerance };
}

/** A policy as the API shows it. */
export const policyView = z.object({ audit_share: z.number(), quorum: z.number(), tolerance: z.number().nullable() });

/** From the core's form to the wire's. */
export function fromPolicy({ auditShare, quorum, tolerance }: VerificationPolicy): z.infer<typeof policyView> {
  return { audit_share: auditShare, quorum, tolerance };
}

/** A brief as the API shows it. */
export const briefView = z.object({
  id,
  family_id: id,
  title: z.string(),
  goal: z.string(),
  state: z.enum(BRIEF_STATES),
  experiment: z.string(),
  strategy: z.looseObject({ name: z.string(), seed: z.number() }),
  space: parameters,
  constraints,
  num_tasks: z.number(),
  replicates: z.number(),
  time_budget_seconds: z.number(),
  budget_credits: z.number(),
  spent_credits: z.number(),
  run_price_credits: z.number().describe('What one run earns its worker'),
  run_fee_credits: z.number().describe('What one run costs on top for verification; 0 without'),
  hardware_profile: z.string(),
  requires: requirements,
  priority: z.number(),
  verification: policyView.nullable(),
  created_at: moment,
  launched_at: moment.nullable(),
  finished_at: moment.nullable(),
});

/** From the core's form to the wire's. */
export function fromBrief(brief: Brief): z.infer<typeof briefView> {
  return {
    id: brief.id,
    family_id: brief.familyId,
    title: brief.title,
    goal: brief.goal,
    state: brief.state,
    experiment: brief.experiment,
    strategy: { name: brief.strategy.name, seed: brief.strategy.seed, ...brief.strategy.options },
    space: fromSpace(brief.space),
    constraints: brief.space.constraints,
    num_tasks: brief.numTasks,
    replicates: brief.replicates,
    time_budget_seconds: brief.timeBudgetSeconds,
    budget_credits: brief.budgetMicrocredits / MICROCREDITS,
    spent_credits: brief.spentMicrocredits / MICROCREDITS,
    run_price_credits: brief.runPriceMicrocredits / MICROCREDITS,
    run_fee_credits: brief.runFeeMicrocredits / MICROCREDITS,
    hardware_profile: brief.hardwareProfile,
    requires: fromRequirements(brief.requires),
    priority: brief.priority,
    verification: brief.verification === null ? null : fromPolicy(brief.verification),
    created_at: toMoment(brief.createdAt),
    launched_at: toMomentOrNull(brief.launchedAt),
    finished_at: toMomentOrNull(brief.finishedAt),
  };
}

/** Query of the list of briefs. */
export const briefQuery = z.strictObject({ ...pageQuery, state: z.enum(BRIEF_STATES).optional() });
