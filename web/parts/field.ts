import type { FieldIssue, Refusal } from '#core/errors.ts';
import { html, nothing, type Content, type Fragment } from '#web/html.ts';

/** A field of a form. `hint` stands under it; the issues whose path is the field's name are shown at it. */
export type Field = {
  name: string;
  label: Content;
  value: string;
  type?: 'text' | 'number' | 'textarea' | 'search' | 'date' | undefined;
  hint?: Content;
  required?: boolean | undefined;
  min?: number | undefined;
  max?: number | undefined;
  step?: number | 'any' | undefined;
  rows?: number | undefined;
};

/** A labelled input that keeps what was typed and shows what is wrong with it. */
export function field(one: Field, issues: readonly FieldIssue[] = []): Fragment {
  const attributes = html`id="${one.name}" name="${one.name}"${one.required === true ? html` required` : null}${said(one.name, one.hint !== undefined, issues)}`;
  const limit = (name: string, value: number | string | undefined) => (value === undefined ? null : html` ${name}="${value}"`);
  const input =
    one.type === 'textarea'
      ? html`<textarea ${attributes} rows="${one.rows ?? 3}">
${one.value}</textarea>`
      : html`<input ${attributes} type="${one.type ?? 'text'}" value="${one.value}"${limit('min', one.min)}${limit('max', one.max)}${limit('step', one.step)}>`;
  return labelled(one.name, one.label, input, one.hint, issues);
}

/** A labelled choice among few. */
export function choice(
  one: Pick<Field, 'name' | 'label' | 'value' | 'hint'> & { options: readonly { value: string; text: string }[] },
  issues: readonly FieldIssue[] = [],
): Fragment {
  const options = one.options.map((option) => html`<option value="${option.value}"${option.value === one.value ? html` selected` : null}>${option.text}</option>`);
  const select = html`<select id="${one.name}" name="${one.name}"${said(one.name, one.hint !== undefined, issues)}>${options}</select>`;
  return labelled(one.name, one.label, select, one.hint, issues);
}

/** Why something did not happen, at the head of a form: the sentence, and every issue that no field of it shows. */
export function refusalNotice(refusal: Refusal | null, shown: readonly string[] = []): Fragment {
  if (refusal === null) return nothing;
  const rest = refusal.issues.filter((issue) => !shown.includes(issue.path));
  return html`<div class="notice bad" role="alert"><p>${refusal.detail}</p>${rest.length === 0 ? null : html`<ul>${rest.map((issue) => html`<li><code>${issue.path}</code> ${issue.message}</li>`)}</ul>`}</div>`;
}

/** A button that changes something: a form of its own, which works without scripts. */
export function actionButton(action: string, text: string, kind: 'secondary' | 'primary' | 'danger' = 'secondary'): Fragment {
  return html`<form method="post" action="${action}" class="action"><button type="submit" class="${kind}">${text}</button></form>`;
}

function labelled(name: string, label: Content, input: Fragment, hint: Content, issues: readonly FieldIssue[]): Fragment {
  const wrong = issues.filter((issue) => issue.path === name).map((issue) => issue.message);
  return html`<div class="field"><label for="${name}">${label}</label>${input}${hint === undefined ? null : html`<small id="${name}-hint">${hint}</small>`}${
    wrong.length === 0 ? null : html`<small id="${name}-wrong" class="wrong">${wrong.join('; ')}</small>`
  }</div>`;
}

function said(name: string, hinted: boolean, issues: readonly FieldIssue[]): Fragment {
  const wrong = issues.some((issue) => issue.path === name);
  const by = [hinted ? `${name}-hint` : '', wrong ? `${name}-wrong` : ''].filter((id) => id !== '').join(' ');
  return html`${by === '' ? null : html` aria-describedby="${by}"`}${wrong ? html` aria-invalid="true"` : null}`;
}
