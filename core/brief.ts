import type { FieldIssue } from './errors.ts';
import type { Experiment, Metric } from './experiment.ts';
import { creditsToPay, hardwareClass, MICROCREDITS, runFeeMicrocredits, taskPriceMicrocredits } from './ledger.ts';
import type { Rollup } from './rollup.ts';
import { findStrategy } from './search/strategies.ts';
import { narrowSpace, type Space } from './space.ts';
import { checkPolicy, type VerificationPolicy } from './verify.ts';
import { HARDWARE_PROFILES, strictest, type Needs, type Requirements } from './worker.ts';

/** How a brief chooses configurations; `seed` also numbers the tasks' own seeds. */
export type StrategyChoice = { name: string; seed: number; options: Record<string, unknown> };

/** What a researcher asks for. `numTasks` is the number of runs, so `numTasks / replicates` configurations. */
export type BriefRequest = {
  title: string;
  goal: string;
  experiment: string;
  strategy: StrategyChoice;
  space: Space;
  numTasks: number;
  replicates: number;
  timeBudgetSeconds: number | null;
  budgetMicrocredits: number;
  hardwareProfile: string;
  requires: Partial<Requirements>;
  priority: number;
  /** How its results are verified; null where they are taken as they come. */
  verification: VerificationPolicy | null;
  draft: boolean;
};

/** A stored brief. `space` is the experiment's space as this brief narrows it. */
export type Brief = {
  id: string;
  ownerId: string;
  familyId: string;
  title: string;
  goal: string;
  experiment: string;
  strategy: StrategyChoice;
  space: Space;
  numTasks: number;
  replicates: number;
  timeBudgetSeconds: number;
  /** The wall for what is spent and held together. */
  budgetMicrocredits: number;
  /** What was paid for results, failures and verification, less what was taken back. */
  spentMicrocredits: number;
  /** What a run earns its worker, and the fee for verification on top; agreed when the brief was written. */
  runPriceMicrocredits: number;
  runFeeMicrocredits: number;
  hardwareProfile: string;
  requires: Requirements;
  priority: number;
  verification: VerificationPolicy | null;
  state: BriefState;
  createdAt: number;
  launchedAt: number | null;
  finishedAt: number | null;
};

export const BRIEF_STATES = ['draft', 'running', 'paused', 'exhausted', 'completed', 'failed', 'cancelled'] as const;
export type BriefState = (typeof BRIEF_STATES)[number];

export type Counts = { pending: number; running: number; completed: number; failed: number; cancelled: number };

export const NO_COUNTS: Counts = { pending: 0, running: 0, completed: 0, failed: 0, cancelled: 0 };

/** The campaign that a brief became: its tasks' counts and the summary of their values. */
export type Family = {
  id: string;
  briefId: string;
  ownerId: string;
  name: string;
  experiment: string;
  packageSha256: string;
  metric: Metric;
  baseline: number | null;
  needs: Needs;
  requires: Requirements;
  /** Its brief's policy. With one, the best value is the best that was verified. */
  verification: VerificationPolicy | null;
  state: BriefState;
  counts: Counts;
  rollup: Rollup;
  /** The lower median of the values, and its place in the order of (value, number). */
  median: { value: number; number: number } | null;
  /** The balance of the brief's hold, with how often credits came into it from their owner or left it for them. */
  heldMicrocredits: number;
  holdMoves: number;
  /** What the hold pays for a run: the worker's price and the fee, of which the fee is told apart. */
  runCostMicrocredits: number;
  runFeeMicrocredits: number;
  /** Grows with every change of counts or values. */
  version: number;
  createdAt: number;
};

/** What a person can ask of a brief. */
export type BriefAction = 'launch' | 'pause' | 'resume' | 'cancel';

const TRANSITIONS: Record<BriefAction, { from: BriefState[]; to: BriefState }> = {
  launch: { from: ['draft'], to: 'running' },
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  cancel: { from: ['draft', 'running', 'paused', 'exhausted'], to: 'cancelled' },
};

/** A brief holds at most this many tasks. */
export const MOST_TASKS = 10_000;
/** The longest training run: a day. */
export const MOST_SECONDS = 86_400;

/** The state after an action, or null when the action is not allowed in this state. */
export function stateAfter(state: BriefState, action: BriefAction): BriefState | null {
  const { from, to } = TRANSITIONS[action];
  return from.includes(state) ? to : null;
}

/** The actions that a state allows. */
export function actionsFor(state: BriefState): BriefAction[] {
  return (Object.keys(TRANSITIONS) as BriefAction[]).filter((action) => TRANSITIONS[action].from.includes(state));
}

/** The state of a running or paused brief once nothing is pending or running; null before that. */
export function stateWhenSettled(counts: Counts): 'completed' | 'failed' | null {
  if (counts.pending + counts.running > 0) return null;
  return counts.completed === 0 && counts.failed > 0 ? 'failed' : 'completed';
}

export function totalCount(counts: Counts): number {
  return counts.pending + counts.running + counts.completed + counts.failed + counts.cancelled;
}

/** What a run of a brief costs. */
export type RunTerms = Pick<Brief, 'runPriceMicrocredits' | 'runFeeMicrocredits'>;

/** What so many runs cost in micro-credits, the fees for verification among it. */
export function runsCostMicrocredits(runs: number, terms: RunTerms): number {
  return runs * (terms.runPriceMicrocredits + terms.runFeeMicrocredits);
}

/** What a hold lacks so that it pays for all that is pending or running; 0 where it does. */
export function lackOf(family: Pick<Family, 'heldMicrocredits' | 'runCostMicrocredits'>, counts: Pick<Counts, 'pending' | 'running'>): number {
  return Math.max(0, (counts.pending + counts.running) * family.runCostMicrocredits - family.heldMicrocredits);
}

/** Whether the hold pays for one more run than are running. */
export function canPayNext(family: Pick<Family, 'heldMicrocredits' | 'runCostMicrocredits'>, running: number): boolean {
  return family.heldMicrocredits >= (running + 1) * family.runCostMicrocredits;
}

/**
 * The state of a brief that was launched, once its tasks or its hold have changed: it ends with its last open task, goes on
 * when it has one again, and is exhausted when nothing runs and the next run cannot be paid.
 */
export function stateAfterChange(family: Pick<Family, 'state' | 'heldMicrocredits' | 'runCostMicrocredits'>, counts: Counts): BriefState {
  if (family.state === 'draft' || family.state === 'cancelled') return family.state;
  const settled = stateWhenSettled(counts);
  if (settled !== null) return settled;
  if (family.state === 'paused') return 'paused';
  return counts.running === 0 && !canPayNext(family, 0) ? 'exhausted' : 'running';
}

/** Whether a brief has ended in some way, so that its hold is empty. */
export function isOver(state: BriefState): boolean {
  return state === 'completed' || state === 'failed' || state === 'cancelled';
}

/** A brief after the check: the space it searches, the least machine it runs on, and what a run costs. */
export type CheckedBrief = RunTerms & { space: Space; requires: Requirements; timeBudgetSeconds: number };

/** Checks a request against its experiment; the issues name the fields of the wire. */
export function checkBrief(request: BriefRequest, experiment: Experiment): { checked: CheckedBrief; issues: FieldIssue[] } {
  const timeBudgetSeconds = request.timeBudgetSeconds ?? experiment.timeBudgetSeconds;
  const { space, issues } = narrowSpace(experiment.space, request.space);
  const strategy = findStrategy(request.strategy.name);
  if (strategy === null) issues.push({ path: 'strategy.name', message: 'is not a strategy of this server' });
  else issues.push(...strategy.checkOptions(request.strategy.options));
  if (request.replicates > request.numTasks) {
    issues.push({ path: 'replicates', message: `cannot be more than the number of tasks (${request.numTasks})` });
  }
  const requires = strictest(experiment.requires, HARDWARE_PROFILES[request.hardwareProfile] ?? {}, request.requires);
  const size = hardwareClass(requires);
  const runPriceMicrocredits = taskPriceMicrocredits(timeBudgetSeconds, size);
  const terms: RunTerms = { runPriceMicrocredits, runFeeMicrocredits: runFeeMicrocredits(runPriceMicrocredits, request.verification) };
  const priceMicrocredits = runsCostMicrocredits(request.numTasks, terms);
  if (priceMicrocredits > request.budgetMicrocredits) {
    const price = creditsToPay(priceMicrocredits).toFixed(2);
    const budget = String(request.budgetMicrocredits / MICROCREDITS);
    issues.push({ path: 'budget_credits', message: `${request.numTasks} tasks of ${timeBudgetSeconds} s${size === 'small' ? '' : ` on ${size} machines`} cost ${price} credits; the budget is ${budget}` });
  }
  if (request.verification !== null) issues.push(...checkPolicy(request.verification));
  return { checked: { space, requires, timeBudgetSeconds, ...terms }, issues };
}
