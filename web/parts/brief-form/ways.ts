import type { FieldIssue } from '#core/errors.ts';
import { rangeText, type Option } from '#core/option.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { choice, field } from '#web/parts/field.ts';
import { textOf, type Typed } from './fields.ts';

/** One of several ways to do something: what it is called, what it means, and what can be set of it. */
export type Way = { name: string; title: string; description: string; options: readonly Option[] };

/**
 * A choice among ways, each with what it means. The options of a way show where it is chosen; what was typed into those of
 * another stays in the form.
 *
 * @param of the field of the choice without `.name`, e.g. `strategy`
 */
export function chooseWay(of: string, { legend, ways, typed, issues, hint }: { legend: string; ways: readonly Way[]; typed: Typed; issues: readonly FieldIssue[]; hint?: Content }): Fragment {
  const name = `${of}.name`;
  const wrong = issues.filter((issue) => issue.path === name).map((issue) => issue.message);
  const cards = ways.map((way) => html`<div class="way"><label><input type="radio" name="${name}" value="${way.name}"${textOf(typed, name) === way.name ? html` checked` : null} aria-describedby="${name}-${way.name}-means"><span>${way.title}</span></label><small id="${name}-${way.name}-means">${way.description}</small>${optionFields(of, way, typed, issues)}</div>`);
  return html`<fieldset class="ways" id="${name}"><legend>${legend}</legend>${wrong.length === 0 ? null : html`<p class="wrong">${wrong.join('; ')}</p>`}${hint === undefined ? null : html`<p class="fine">${hint}</p>`}<div class="ways-grid">${cards}</div></fieldset>`;
}

/** A choice among ways that most do without: folded away until something is chosen or wrong. */
export function chooseWayOrNone(of: string, summary: string, none: Omit<Way, 'name' | 'options'>, around: Parameters<typeof chooseWay>[1]): Fragment {
  const { ways, issues, typed } = around;
  const chosen = textOf(typed, `${of}.name`);
  const isOpen = chosen !== '' || issues.some((issue) => issue.path.startsWith(`${of}.`));
  const title = ways.find((way) => way.name === chosen)?.title ?? chosen;
  return html`<details class="folded"${isOpen ? html` open` : null}><summary>${summary} <span class="fine">(${chosen === '' ? 'no' : title})</span></summary>${chooseWay(of, { ...around, ways: [{ ...none, name: '', options: [] }, ...ways] })}</details>`;
}

/** The name of the field of an option; two ways may have options of one name. */
export function optionField(of: string, way: string, option: string): string {
  return `${of}.${way}.${option}`;
}

/** What was typed for the options of a way; what is empty has its default. */
export function typedOptions(of: string, way: Way | null, typed: Typed, read: (text: string) => unknown): Record<string, unknown> {
  const given = (way?.options ?? []).map((option) => [option, textOf(typed, optionField(of, way?.name ?? '', option.name)).trim()] as const).filter(([, text]) => text !== '');
  return Object.fromEntries(given.map(([option, text]) => [option.name, option.type === 'choice' ? text : read(text)]));
}

/** The options of a way as what is typed for them. */
export function optionsTyped(of: string, way: string, options: Record<string, unknown>): Typed {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [optionField(of, way, name), [String(value)]]));
}

function optionFields(of: string, way: Way, typed: Typed, issues: readonly FieldIssue[]): Fragment | null {
  if (way.options.length === 0) return null;
  return html`<div class="way-options">${way.options.map((option) => {
    const name = optionField(of, way.name, option.name);
    const about = { name, label: option.title, value: textOf(typed, name) };
    if (option.type === 'choice') return choice({ ...about, hint: option.description, options: [{ value: '', text: `${option.default} (as usual)` }, ...option.values.filter((value) => value !== option.default).map((value) => ({ value, text: value }))] }, issues);
    // Not of type number: a browser would refuse to send what is out of range in a field that no longer shows, and could not say where.
    return field({ ...about, hint: `${option.description} ${capital(rangeText(option))}; ${option.default} where empty.` }, issues);
  })}</div>`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
