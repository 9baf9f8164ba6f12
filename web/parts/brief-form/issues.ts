import type { FieldIssue } from '#core/errors.ts';
import type { Experiment } from '#core/experiment.ts';
import { PRUNERS } from '#core/prune/pruners.ts';
import { STRATEGIES } from '#core/search/strategies.ts';
import type { Space } from '#core/space.ts';
import { html, type Fragment } from '#web/html.ts';
import { textOf, type Typed } from './fields.ts';
import { issuesOfParameter } from './space-table.ts';
import { optionField, type Way } from './ways.ts';

/** What the fields of a brief are called. */
export const LABELS: Record<string, string> = {
  title: 'Title',
  goal: 'Goal',
  experiment: 'Experiment',
  'strategy.name': 'Strategy',
  'strategy.seed': 'Seed',
  num_tasks: 'Number of tasks',
  replicates: 'Seeds per configuration',
  'pruner.name': 'What stops runs early',
  'confirm.share': 'Share to confirm',
  warm_start: 'Earlier campaigns',
  time_budget_seconds: 'Time budget per task',
  budget_credits: 'Budget in credits',
  hardware_profile: 'Hardware profile',
  'requires.cpu_cores': 'CPU cores',
  'requires.ram_gb': 'RAM in GB',
  'requires.gpu_vram_gb': 'GPU memory in GB',
  priority: 'Priority',
  verification: 'Are results verified?',
  'verification.audit_share': 'Share that is run again',
  'verification.quorum': 'Runs that must agree',
  'verification.tolerance': 'Tolerance',
  constraints: 'Constraints',
  ...optionLabels('strategy', STRATEGIES),
  ...optionLabels('pruner', PRUNERS),
};

/** Issues under the names of the fields that show them. */
export function issuesAtFields(issues: readonly FieldIssue[], { typed, experiment }: { typed: Typed; experiment: Experiment }): FieldIssue[] {
  return issues.map((issue) => {
    const [first = '', second = '', third = ''] = issue.path.split('.');
    if (first === 'constraints' && second !== '') return constraintIssue(issue, Number(second), typed, experiment);
    if ((first === 'strategy' || first === 'pruner') && !Object.hasOwn(LABELS, issue.path)) return { ...issue, path: optionField(first, textOf(typed, `${first}.name`), second) };
    if (first === 'warm_start') return { path: 'warm_start', message: third === '' ? issue.message : `“${typed['warm_start']?.[Number(third)] ?? ''}” ${issue.message}` };
    return issue;
  });
}

/** What is wrong, each with the name of its field as a way there. */
export function issueItems(issues: readonly FieldIssue[], space: Space | null): Fragment[] {
  const parameters = Object.keys(space?.parameters ?? {});
  return issues.map((issue) => {
    const { path } = issue;
    const isField = Object.hasOwn(LABELS, path);
    const parameter = parameters.find((name) => issuesOfParameter(name, [issue]).length > 0);
    const target = isField ? path : parameter === undefined ? (path === 'space' ? 'space' : null) : `space.${parameter}`;
    const label = (isField ? LABELS[path] : parameter) ?? (path === '' ? 'The brief' : path);
    return target === null ? html`<li>${label} ${issue.message}</li>` : html`<li><a href="#${target}">${label}</a> ${issue.message}</li>`;
  });
}

/** One line of several in a field belongs to that field, and shows which. */
function constraintIssue(issue: FieldIssue, index: number, typed: Typed, experiment: Experiment): FieldIssue {
  const own = textOf(typed, 'constraints').split(/\r\n|\r|\n/).map((line) => line.trim()).filter((line) => line !== '');
  const text = [...new Set([...experiment.space.constraints, ...own])][index];
  return { path: 'constraints', message: text === undefined ? issue.message : `“${text}”: ${issue.message}` };
}

function optionLabels(of: string, ways: readonly Way[]): Record<string, string> {
  return Object.fromEntries(ways.flatMap((way) => way.options.map((option) => [optionField(of, way.name, option.name), option.title])));
}
