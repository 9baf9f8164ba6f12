import { checkBrief, type Brief, type BriefRequest } from '#core/brief.ts';
import type { FieldIssue } from '#core/errors.ts';
import type { Experiment } from '#core/experiment.ts';
import { creditsToPay, hardwareClass, MICROCREDITS, taskPriceMicrocredits } from '#core/ledger.ts';
import { DEFAULT_VERIFICATION, type VerificationPolicy } from '#core/verify.ts';
import { briefInput, toBriefRequest } from '#protocol/brief.ts';
import { issuesOf } from '#protocol/problem.ts';
import { numberOr, textOf, type Typed } from './fields.ts';
import { readSpace, spaceTyped } from './space-typed.ts';

const DEFAULT_TASKS = 12;
const NUMBERS = ['num_tasks', 'replicates', 'time_budget_seconds', 'budget_credits'] as const;
const REQUIREMENTS = ['cpu_cores', 'ram_gb', 'gpu_vram_gb'] as const;
/** What a person must fill in; elsewhere an empty field means the default. */
const NEEDED: Record<string, string> = { num_tasks: 'is needed', budget_credits: 'is needed' };

/** A fresh form for an experiment: enough to be submitted once it has a title. */
export function freshTyped(experiment: Experiment): Typed {
  return {
    experiment: [experiment.name],
    'strategy.name': ['random'],
    'strategy.seed': ['42'],
    num_tasks: [String(DEFAULT_TASKS)],
    replicates: ['1'],
    time_budget_seconds: [String(experiment.timeBudgetSeconds)],
    budget_credits: [String(Math.ceil(creditsToPay(DEFAULT_TASKS * taskPriceMicrocredits(experiment.timeBudgetSeconds, hardwareClass(experiment.requires)))))],
    hardware_profile: ['any'],
    ...policyTyped(null),
    ...spaceTyped(experiment.space, experiment.space),
  };
}

/** What a form is filled from: a brief, or a request that was checked. */
type Likeness = Pick<Brief, 'title' | 'goal' | 'experiment' | 'strategy' | 'space' | 'numTasks' | 'replicates' | 'timeBudgetSeconds' | 'budgetMicrocredits' | 'hardwareProfile' | 'requires' | 'priority' | 'verification'>;

/** A form filled like a request, e.g. one that a file holds. */
export function typedOfRequest(request: BriefRequest, experiment: Experiment): Typed {
  const { checked } = checkBrief(request, experiment);
  return { ...typedLike({ ...request, ...checked }, experiment), draft: request.draft ? ['yes'] : [] };
}

/** A form filled like a brief, in the words of the experiment as it is now. */
export function typedLike(brief: Likeness, experiment: Experiment): Typed {
  const { options, name, seed } = brief.strategy;
  const asked = (least: number, own: number) => (own > least ? [String(own)] : []);
  return {
    title: [brief.title],
    goal: [brief.goal],
    experiment: [brief.experiment],
    'strategy.name': [name],
    'strategy.seed': [String(seed)],
    'strategy.levels': typeof options['levels'] === 'number' ? [String(options['levels'])] : [],
    num_tasks: [String(brief.numTasks)],
    replicates: [String(brief.replicates)],
    time_budget_seconds: [String(brief.timeBudgetSeconds)],
    budget_credits: [String(brief.budgetMicrocredits / MICROCREDITS)],
    hardware_profile: [brief.hardwareProfile],
    priority: [String(brief.priority)],
    ...policyTyped(brief.verification),
    'requires.cpu_cores': asked(experiment.requires.cpuCores, brief.requires.cpuCores),
    'requires.ram_gb': asked(experiment.requires.ramGb, brief.requires.ramGb),
    'requires.gpu_vram_gb': asked(experiment.requires.gpuVramGb, brief.requires.gpuVramGb),
    constraints: [brief.space.constraints.filter((text) => !experiment.space.constraints.includes(text)).join('\n')],
    ...spaceTyped(experiment.space, brief.space),
  };
}

/** What was typed for one experiment, carried over to another: all but the search space, which is the other's own. */
export function typedFor(typed: Typed, experiment: Experiment, before: Experiment | null): Typed {
  const kept = Object.entries(typed).filter(([name]) => !name.startsWith('space.'));
  const seconds = textOf(typed, 'time_budget_seconds');
  const isDefault = before !== null && seconds === String(before.timeBudgetSeconds);
  return { ...Object.fromEntries(kept), ...(isDefault ? { time_budget_seconds: [String(experiment.timeBudgetSeconds)] } : {}), ...spaceTyped(experiment.space, experiment.space) };
}

/**
 * Checks what was typed with the schema of the wire.
 *
 * @param overrides fields that stand in for empty ones, e.g. a title for a preview
 */
export function checkTyped(typed: Typed, experiment: Experiment, overrides: Record<string, unknown> = {}): { request: BriefRequest | null; issues: FieldIssue[] } {
  const { input, issues } = toInput(typed, experiment);
  const parsed = briefInput.safeParse({ ...input, ...overrides });
  if (parsed.success && issues.length === 0) return { request: toBriefRequest(parsed.data), issues };
  const found = parsed.success ? [] : issuesOf(parsed.error).map(({ path, message }) => ({ path, message: input[path] === undefined ? (NEEDED[path] ?? message) : message }));
  return { request: null, issues: [...found, ...issues] };
}

function toInput(typed: Typed, experiment: Experiment): { input: Record<string, unknown>; issues: FieldIssue[] } {
  const { space, issues } = readSpace(typed, experiment.space);
  const numbers = NUMBERS.filter((name) => textOf(typed, name).trim() !== '').map((name) => [name, numberOr(textOf(typed, name))]);
  const requires = REQUIREMENTS.filter((name) => textOf(typed, `requires.${name}`).trim() !== '').map((name) => [name, numberOr(textOf(typed, `requires.${name}`))]);
  const [seed, levels, priority] = ['strategy.seed', 'strategy.levels', 'priority'].map((name) => textOf(typed, name));
  const isGrid = textOf(typed, 'strategy.name') === 'grid';
  const input = {
    title: textOf(typed, 'title'),
    goal: textOf(typed, 'goal'),
    experiment: experiment.name,
    strategy: { name: textOf(typed, 'strategy.name'), ...(seed === '' ? {} : { seed: numberOr(seed ?? '') }), ...(levels === '' || !isGrid ? {} : { levels: numberOr(levels ?? '') }) },
    space,
    constraints: textOf(typed, 'constraints').split(/\r\n|\r|\n/).map((line) => line.trim()).filter((line) => line !== ''),
    ...Object.fromEntries(numbers),
    hardware_profile: textOf(typed, 'hardware_profile') || 'any',
    requires: Object.fromEntries(requires),
    ...(priority === '' ? {} : { priority: numberOr(priority ?? '') }),
    ...(textOf(typed, 'verification') === 'on' ? { verification: readPolicy(typed) } : {}),
    draft: textOf(typed, 'draft') !== '',
  };
  return { input, issues };
}

/** How results are verified, as fields. They are filled in even while it is off, so that switching it on is enough. */
function policyTyped(policy: VerificationPolicy | null): Typed {
  const { auditShare, quorum, tolerance } = policy ?? DEFAULT_VERIFICATION;
  return { verification: [policy === null ? 'off' : 'on'], 'verification.audit_share': [String(auditShare)], 'verification.quorum': [String(quorum)], 'verification.tolerance': tolerance === null ? [] : [String(tolerance)] };
}

function readPolicy(typed: Typed): Record<string, unknown> {
  const given = (['audit_share', 'quorum', 'tolerance'] as const).filter((name) => textOf(typed, `verification.${name}`).trim() !== '');
  return Object.fromEntries(given.map((name) => [name, numberOr(textOf(typed, `verification.${name}`))]));
}
