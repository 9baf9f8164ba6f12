import type { FieldIssue } from '#core/errors.ts';
import { countValues, describeParameter, type Parameter, type Space } from '#core/space.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { countOf } from '#web/parts/number.ts';
import { textOf, type Typed } from './fields.ts';
import { isNarrowed, spaceFields, valueKey } from './space-typed.ts';

/** The search space of an experiment with fields that narrow or fix each parameter. */
export function spaceTable(space: Space, typed: Typed, issues: readonly FieldIssue[]): Fragment {
  const rows = Object.entries(space.parameters).map(([name, parameter]) => spaceRow(name, parameter, typed, issuesOfParameter(name, issues)));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Search space"><table class="space">
<thead><tr><th scope="col">Parameter</th><th scope="col">From</th><th scope="col">To</th><th scope="col">Or only these values</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** Whether an issue is about this parameter. */
export function issuesOfParameter(name: string, issues: readonly FieldIssue[]): FieldIssue[] {
  return issues.filter(({ path }) => path === `space.${name}` || path.startsWith(`space.${name}.`));
}

function spaceRow(name: string, parameter: Parameter, typed: Typed, issues: readonly FieldIssue[]): Fragment {
  const wrong = issues.length === 0 ? null : html`<small class="wrong" id="space.${name}-wrong">${issues.map((issue) => issue.message).join('; ')}</small>`;
  const when = Object.entries(parameter.when ?? {}).map(([other, values]) => `only when ${other} is ${values.map(String).join(' or ')}`);
  const head = html`<th scope="row" id="space.${name}"><code>${name}</code><small>${describeParameter(parameter)}${distinct(parameter)}</small>${when.length === 0 ? null : html`<small>${when.join(' and ')}</small>`}${wrong}${isNarrowed(typed, name, parameter) ? html`<button type="submit" name="intent" value="reset:${name}" class="secondary reset" formnovalidate aria-label="Reset ${name}">Reset</button>` : null}</th>`;
  return html`<tr>${head}${cells(name, parameter, typed, issues.length > 0)}</tr>
`;
}

function distinct(parameter: Parameter): string {
  const values = countValues(parameter);
  return parameter.type === 'fixed' || parameter.type === 'choice' || !Number.isFinite(values) ? '' : ` · ${countOf(values, 'value')}`;
}

function cells(name: string, parameter: Parameter, typed: Typed, isWrong: boolean): Content {
  const said = isWrong ? html` aria-invalid="true" aria-describedby="space.${name}-wrong"` : null;
  const fields = spaceFields(name);
  if (parameter.type === 'fixed') return html`<td colspan="3"><span class="none">fixed by the experiment</span></td>`;
  if (parameter.type === 'choice') {
    const chosen = typed[fields.values] ?? [];
    const boxes = parameter.values.map((value) => {
      const key = valueKey(value);
      return html`<label><input type="checkbox" name="${fields.values}" value="${key}"${chosen.includes(key) ? html` checked` : null}${said}>${String(value)}</label>`;
    });
    return html`<td colspan="3"><fieldset class="choices"><legend class="unseen">Values of ${name}</legend>${boxes}</fieldset></td>`;
  }
  const input = (field: string, label: string, head: string, placeholder: string) =>
    html`<td data-head="${head}"><input type="text" inputmode="decimal" autocomplete="off" name="${field}" aria-label="${label} ${name}" placeholder="${placeholder}" value="${textOf(typed, field)}"${said}></td>`;
  const kept = [fields.type, fields.step, fields.log].filter((field) => textOf(typed, field) !== '').map((field) => html`<input type="hidden" name="${field}" value="${textOf(typed, field)}">`);
  return html`${input(fields.low, 'Lowest', 'From', String(parameter.low))}${input(fields.high, 'Highest', 'To', String(parameter.high))}<td data-head="Only these"><input type="text" autocomplete="off" name="${fields.only}" aria-label="Only these values of ${name}, separated by commas" placeholder="e.g. ${parameter.low}" value="${textOf(typed, fields.only)}"${said}>${kept}</td>`;
}
