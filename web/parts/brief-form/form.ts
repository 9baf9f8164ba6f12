import type { FieldIssue, Refusal } from '#core/errors.ts';
import type { Experiment } from '#core/experiment.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import type { Space } from '#core/space.ts';
import { STRATEGIES } from '#core/search/strategies.ts';
import { MOST_RUNS } from '#core/verify.ts';
import { HARDWARE_PROFILES, type Requirements } from '#core/worker.ts';
import { formKeyField } from '#web/form-once.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { syntheticMark } from '#web/parts/badge.ts';
import { choice, field } from '#web/parts/field.ts';
import { needsText, requirementsText } from '#web/parts/machine.ts';
import { card } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { textOf, type Typed } from './fields.ts';
import { issuesOfParameter, spaceTable } from './space-table.ts';

/** The draft that a form edits. */
export type Draft = { id: string; title: string };

/** What the form shows: what was typed, what is wrong with it, what it would become, and what there is to choose from. */
export type BriefForm = { typed: Typed; experiment: Experiment; experiments: readonly Experiment[]; key: string; refusal: Refusal | null; draft: Draft | null; preview: Content };

const LABELS: Record<string, string> = {
  title: 'Title',
  goal: 'Goal',
  experiment: 'Experiment',
  'strategy.name': 'Strategy',
  'strategy.seed': 'Seed',
  'strategy.levels': 'Levels of the grid',
  num_tasks: 'Number of tasks',
  replicates: 'Seeds per configuration',
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
};

/** The form that asks for a brief. It works without scripts; every button submits the whole of it. */
export function briefForm(form: BriefForm): Fragment {
  const issues = (form.refusal?.issues ?? []).map((issue) => atField(issue, form));
  const { draft } = form;
  const action = draft === null ? paths.briefs() : paths.briefEdit(draft.id);
  return html`${summary(form, issues)}<form method="post" action="${action}" class="brief-form" data-preview="${paths.briefPreview()}">
${formKeyField(form.key)}
<button type="submit" name="intent" value="preview" class="first-button" tabindex="-1" aria-hidden="true" formnovalidate>Preview</button>
${card('The question', question(form, issues))}
${card('The search', search(form, issues), syntheticMark(form.experiment.synthetic))}
${card('The cost', cost(form, issues))}
${card('The trust', trust(form, issues))}
<div id="preview-place">${form.preview}</div>
<div class="actions">${draft === null ? html`<button type="submit" name="intent" value="create">Create brief</button>` : draftButtons(draft)}<button type="submit" name="intent" value="preview" class="secondary" formaction="${action}#preview" formnovalidate>Preview</button>${draft === null ? keepAsDraft(form) : null}</div>
</form>`;
}

/** What is wrong, each with the name of its field as a way there. */
export function issueItems(issues: readonly FieldIssue[], space: Space | null): Fragment[] {
  const parameters = Object.keys(space?.parameters ?? {});
  return issues.map((issue) => {
    // One line of several in a field belongs to that field.
    const path = Object.hasOwn(LABELS, issue.path) ? issue.path : issue.path.replace(/\.\d+$/, '');
    const isField = Object.hasOwn(LABELS, path);
    const parameter = parameters.find((name) => issuesOfParameter(name, [issue]).length > 0);
    const target = isField ? path : parameter === undefined ? (path === 'space' ? 'space' : null) : `space.${parameter}`;
    const label = (isField ? LABELS[path] : parameter) ?? (path === '' ? 'The brief' : path);
    return target === null ? html`<li>${label} ${issue.message}</li>` : html`<li><a href="#${target}">${label}</a> ${issue.message}</li>`;
  });
}

function keepAsDraft({ typed }: BriefForm): Fragment {
  return html`<label class="draft"><input type="checkbox" name="draft" value="yes"${textOf(typed, 'draft') === '' ? null : html` checked`}>Keep it as a draft: nothing runs until it is launched</label>`;
}

function draftButtons(draft: Draft): Fragment {
  return html`<button type="submit" name="intent" value="create">Save draft</button><button type="submit" name="intent" value="launch" class="secondary">Save and launch</button><a role="button" class="secondary" href="${paths.brief(draft.id)}">Leave it as it was</a>`;
}

type Issues = readonly FieldIssue[];

/** An issue under the name of the field that shows it. */
function atField(issue: FieldIssue, { typed, experiment }: BriefForm): FieldIssue {
  const index = /^constraints\.(\d+)$/.exec(issue.path)?.[1];
  if (index === undefined) return issue;
  const own = textOf(typed, 'constraints').split(/\r\n|\r|\n/).map((line) => line.trim()).filter((line) => line !== '');
  const text = [...new Set([...experiment.space.constraints, ...own])][Number(index)];
  return { path: 'constraints', message: text === undefined ? issue.message : `“${text}”: ${issue.message}` };
}

function summary(form: BriefForm, issues: Issues): Fragment | null {
  if (form.refusal === null) return null;
  const items = issueItems(issues, form.experiment.space);
  return html`<div class="notice bad" role="alert" id="problems"><p>${items.length === 0 ? form.refusal.detail : 'This cannot be run as it is. Nothing was stored, and everything you typed is still here.'}</p>${items.length === 0 ? null : html`<ul>${items}</ul>`}</div>`;
}

function question({ typed, experiment, experiments }: BriefForm, issues: Issues): Fragment {
  const options = experiments.map((one) => ({ value: one.name, text: `${one.title} (${one.name})` }));
  const hint = html`${experiment.metric.name}, ${experiment.metric.direction === 'minimize' ? 'lower' : 'higher'} is better${needsText(experiment.needs) === '' ? null : ` · needs ${needsText(experiment.needs)}`} · ${requirementsText(experiment.requires)}`;
  return html`${field({ name: 'title', label: LABELS['title'], value: textOf(typed, 'title'), required: true, hint: 'One line that tells this brief from others.' }, issues)}
${field({ name: 'goal', label: LABELS['goal'], value: textOf(typed, 'goal'), type: 'textarea', rows: 3, hint: 'What you want to know, and what would answer it.' }, issues)}
<div class="with-button">${choice({ name: 'experiment', label: LABELS['experiment'], value: experiment.name, options, hint }, issues)}<button type="submit" name="intent" value="experiment" class="secondary" formnovalidate>Show its search space</button></div>
<input type="hidden" name="shown_experiment" value="${experiment.name}">
<p class="fine">${experiment.description}</p>`;
}

function search({ typed, experiment }: BriefForm, issues: Issues): Fragment {
  const strategies = STRATEGIES.map((strategy) => ({ value: strategy.name, text: strategy.title }));
  const spaceWide = issues.filter((issue) => issue.path === 'space').map((issue) => issue.message);
  return html`<div class="form-grid close">
${choice({ name: 'strategy.name', label: LABELS['strategy.name'], value: textOf(typed, 'strategy.name'), options: strategies }, issues)}
${number('strategy.seed', typed, issues, { step: 1, min: 0, hint: 'The same seed tries the same configurations.' })}
${number('strategy.levels', typed, issues, { step: 1, min: 1, hint: 'For grid search: values per range; 5 where empty.' })}
${number('num_tasks', typed, issues, { step: 1, min: 1, required: true, hint: 'Training runs in all.' })}
${number('replicates', typed, issues, { step: 1, min: 1, hint: 'More than one tells luck from merit.' })}
</div>
<h3 id="space">Search space</h3><p class="fine">Empty fields keep the experiment's own range; what is narrowed can be reset.</p>${spaceWide.length === 0 ? null : html`<p class="wrong">${spaceWide.join('; ')}</p>`}
${spaceTable(experiment.space, typed, issues)}
${field({ name: 'constraints', label: LABELS['constraints'], value: textOf(typed, 'constraints'), type: 'textarea', rows: 2, hint: html`One per line, e.g. <code>d_ff >= 2 * d_model</code>. ${experiment.space.constraints.length === 0 ? null : html`The experiment's own always hold: ${experiment.space.constraints.map((text, index) => html`${index === 0 ? null : ', '}<code>${text}</code>`)}.`}` }, issues)}`;
}

function cost({ typed, experiment }: BriefForm, issues: Issues): Fragment {
  const profiles = Object.entries(HARDWARE_PROFILES).map(([name, requires]) => ({ value: name, text: `${name}: ${profileText(requires)}` }));
  return html`<div class="form-grid">
${number('time_budget_seconds', typed, issues, { step: 'any', min: 0.1, hint: `Seconds of training; ${experiment.timeBudgetSeconds} where empty.` })}
${number('budget_credits', typed, issues, { step: 'any', min: 0, required: true, hint: html`At most this is spent. The price, by the <a href="${paths.credits()}">price list</a>, is held from this server’s <a href="${paths.creditAccount(LOCAL_ID)}">account</a> at once.` })}
${choice({ name: 'hardware_profile', label: LABELS['hardware_profile'], value: textOf(typed, 'hardware_profile'), options: profiles }, issues)}
${number('priority', typed, issues, { step: 1, hint: 'Among the tasks of this brief; 0 where empty.' })}
</div><h3>Finer requirements</h3><p class="fine">The stricter of the profile, the experiment and these holds.</p><div class="form-grid">
${number('requires.cpu_cores', typed, issues, { step: 'any', min: 0 })}${number('requires.ram_gb', typed, issues, { step: 'any', min: 0 })}${number('requires.gpu_vram_gb', typed, issues, { step: 'any', min: 0 })}
</div>`;
}

function trust({ typed }: BriefForm, issues: Issues): Fragment {
  const options = [
    { value: 'off', text: 'no: all of the machines are my own' },
    { value: 'on', text: 'yes: some are run again on machines of others' },
  ];
  return html`${choice({ name: 'verification', label: LABELS['verification'], value: textOf(typed, 'verification') || 'off', options, hint: 'No worker can tell which. What does not agree is set aside and run anew, and each run costs a fee for that.' }, issues)}
<div class="form-grid">
${number('verification.audit_share', typed, issues, { step: 'any', min: 0, hint: 'Of a trusted worker’s results; all of a new one’s.' })}
${number('verification.quorum', typed, issues, { step: 1, min: 2, hint: `From 2 to ${MOST_RUNS}.` })}
${number('verification.tolerance', typed, issues, { step: 'any', min: 0, hint: 'Between two values; from the noise of this campaign where empty.' })}
</div>`;
}

function number(name: string, typed: Typed, issues: Issues, more: { step: number | 'any'; min?: number; required?: boolean; hint?: Content }): Fragment {
  return field({ name, label: LABELS[name], value: textOf(typed, name), type: 'number', ...more }, issues);
}

function profileText(requires: Requirements): string {
  return requires.cpuCores + requires.ramGb + requires.gpuVramGb === 0 ? 'every machine' : requirementsText(requires);
}
