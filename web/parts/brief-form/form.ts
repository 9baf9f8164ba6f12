import { MOST_CONFIRM_SHARE, usualConfirmShare } from '#core/brief.ts';
import type { FieldIssue, Refusal } from '#core/errors.ts';
import type { Experiment } from '#core/experiment.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { PRUNERS } from '#core/prune/pruners.ts';
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
import { earlierFields, type EarlierFamily } from './earlier.ts';
import { textOf, type Typed } from './fields.ts';
import { issueItems, issuesAtFields, LABELS } from './issues.ts';
import { spaceTable } from './space-table.ts';
import { chooseWay, chooseWayOrNone } from './ways.ts';

/** The draft that a form edits. */
export type Draft = { id: string; title: string };

/** What the form shows: what was typed, what is wrong with it, what it would become, and what there is to choose from. */
export type BriefForm = { typed: Typed; experiment: Experiment; experiments: readonly Experiment[]; earlier: readonly EarlierFamily[]; key: string; refusal: Refusal | null; draft: Draft | null; preview: Content };

/** The form that asks for a brief. It works without scripts; every button submits the whole of it. */
export function briefForm(form: BriefForm): Fragment {
  const issues = issuesAtFields(form.refusal?.issues ?? [], form);
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

function keepAsDraft({ typed }: BriefForm): Fragment {
  return html`<label class="draft"><input type="checkbox" name="draft" value="yes"${textOf(typed, 'draft') === '' ? null : html` checked`}>Keep it as a draft: nothing runs until it is launched</label>`;
}

function draftButtons(draft: Draft): Fragment {
  return html`<button type="submit" name="intent" value="create">Save draft</button><button type="submit" name="intent" value="launch" class="secondary">Save and launch</button><a role="button" class="secondary" href="${paths.brief(draft.id)}">Leave it as it was</a>`;
}

type Issues = readonly FieldIssue[];

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

function search({ typed, experiment, earlier }: BriefForm, issues: Issues): Fragment {
  const spaceWide = issues.filter((issue) => issue.path === 'space').map((issue) => issue.message);
  return html`<div class="form-grid close">
${number('num_tasks', typed, issues, { step: 1, min: 1, required: true, hint: 'Training runs in all.' })}
${number('replicates', typed, issues, { step: 1, min: 1, hint: 'More than one tells luck from merit.' })}
${number('confirm.share', typed, issues, { step: 'any', min: 0, max: MOST_CONFIRM_SHARE, hint: `Of the tasks, for the best again with fresh seeds. Empty: ${usualConfirmShare('auto')} for auto, 0 for others.` })}
${number('strategy.seed', typed, issues, { step: 1, min: 0, hint: 'The same seed and the same results try the same configurations.' })}
</div>
${chooseWay('strategy', { legend: LABELS['strategy.name'] ?? '', ways: STRATEGIES, typed, issues })}
${chooseWayOrNone('pruner', 'Stop hopeless runs early', { title: 'None', description: 'Every run goes to its end.' }, { legend: LABELS['pruner.name'] ?? '', ways: PRUNERS, typed, issues, hint: 'A stopped run costs the time that it used. Runs are compared while they go on, by the values that they report.' })}
${earlierFields(earlier, typed, issues)}
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

function number(name: string, typed: Typed, issues: Issues, more: { step: number | 'any'; min?: number; max?: number; required?: boolean; hint?: Content }): Fragment {
  return field({ name, label: LABELS[name], value: textOf(typed, name), type: 'number', ...more }, issues);
}

function profileText(requires: Requirements): string {
  return requires.cpuCores + requires.ramGb + requires.gpuVramGb === 0 ? 'every machine' : requirementsText(requires);
}
