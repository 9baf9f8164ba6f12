/** What stands in the form, by field name: texts as they were typed, whether or not they make sense. */
export type Typed = Record<string, string[]>;

/** The fields of a submitted form. Anything but texts is dropped. */
export function readTyped(body: unknown): Typed {
  if (typeof body !== 'object' || body === null) return {};
  const entries = Object.entries(body).map(([name, value]): [string, string[]] => [name, (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string')]);
  return Object.fromEntries(entries);
}

/** The text of a field; empty where there is none. */
export function textOf(typed: Typed, name: string): string {
  return Object.hasOwn(typed, name) ? (typed[name]?.[0] ?? '') : '';
}

/** A number where the text is one; otherwise the text itself, for which the schema has the right sentence. */
export function numberOr(text: string): number | string {
  const trimmed = text.trim();
  const number = Number(trimmed);
  return trimmed === '' || !Number.isFinite(number) ? text : number;
}
