import { MICROCREDITS } from '#core/ledger.ts';
import { html, type Fragment } from '#web/html.ts';

const SIGNIFICANT_DIGITS = 4;
const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: SIGNIFICANT_DIGITS });
const groupedCents = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const groupedInFull = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 6 });

/** A measured value with four significant digits, exact on hover; a dash where there is none. */
export function measured(value: number | null | undefined): Fragment {
  return value === null || value === undefined ? html`<span class="none">–</span>` : withExact(value, measuredText(value));
}

/** The text of {@link measured}: plain between 0.001 and a million, with an exponent beyond. */
export function measuredText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(SIGNIFICANT_DIGITS - 1);
  const text = value.toPrecision(SIGNIFICANT_DIGITS);
  return text.includes('e') ? String(Math.round(value)) : text;
}

/** A number that a script reported beside its value: a whole one as it is, any other like {@link measured}. */
export function reported(value: number): Fragment {
  return Number.isSafeInteger(value) ? html`${count(value)}` : measured(value);
}

/** A mean with its sample standard deviation; the latter is missing below two values. */
export function meanAndDeviation(mean: number | null, deviation: number | null): Fragment {
  return html`${measured(mean)}${deviation === null ? null : html` <small>± ${measured(deviation)}</small>`}`;
}

/** What a best value is the best of: one run among so many, which is luck as well as merit. */
export function bestOfText(runs: number): string {
  return runs === 0 ? 'no run yet' : `best of ${countOf(runs, 'run')}`;
}

/** How many: whole, with thousands set apart. */
export function count(value: number): string {
  return grouped.format(value);
}

/** How many of a noun: `1 task`, `12 tasks`. */
export function countOf(value: number, one: string, many: string = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Credits with two decimals, exact on hover; below one credit with as many as four significant digits need. */
export function credits(microcredits: number): Fragment {
  const value = microcredits / MICROCREDITS;
  return withExact(value, creditsText(microcredits), `${value} credits`);
}

/** The text of {@link credits}. */
export function creditsText(microcredits: number): string {
  const value = microcredits / MICROCREDITS;
  return withMinus(Math.abs(value) < 1 ? groupedInFull.format(Number(value.toPrecision(SIGNIFICANT_DIGITS))) : groupedCents.format(value));
}

/** Credits to the last micro-credit, as a ledger writes them. */
export function creditsInFull(microcredits: number): string {
  return withMinus(groupedInFull.format(microcredits / MICROCREDITS));
}

/** Credits where room is scarce: from a million on with four significant digits and a letter, exact on hover. */
export function creditsShort(microcredits: number): Fragment {
  const value = microcredits / MICROCREDITS;
  return Math.abs(value) < 1e6 ? credits(microcredits) : withExact(value, compact.format(value), `${value} credits`);
}

/** Gigabytes as machines report them, e.g. `15.6 GB`. */
export function gigabytes(value: number): string {
  return `${Number(value.toFixed(value < 10 ? 1 : 0))} GB`;
}

/** A size on disk, e.g. `1.3 MB`. */
export function bytesText(bytes: number): string {
  const [unit, size] = bytes >= 1e9 ? ['GB', bytes / 1e9] : bytes >= 1e6 ? ['MB', bytes / 1e6] : ['kB', bytes / 1e3];
  return `${Number(size.toFixed(size < 10 ? 1 : 0))} ${unit}`;
}

/** A length of time in words short enough for a table: `0.42 s`, `9.3 s`, `12 min`, `1 h 05 min`, `3 d 4 h`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 1) return `${Number(seconds.toFixed(2))} s`;
  if (seconds < 100) return `${Number(seconds.toFixed(1))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function withMinus(text: string): string {
  return text.replace('-', '−');
}

function withExact(value: number, text: string, title: string = String(value)): Fragment {
  return html`<data value="${value}"${title === text ? null : html` title="${title}"`}>${text}</data>`;
}
