import type { Scalar } from '#core/space.ts';

/** Texts that a spreadsheet would run as a formula (OWASP, "CSV Injection"). */
const FORMULA = /^[=+\-@\t\r]/;

/** A row of CSV (RFC 4180), whose texts no spreadsheet runs. */
export function csvRow(cells: readonly (Scalar | null | undefined)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: Scalar | null | undefined): string {
  if (typeof cell !== 'string') return String(cell ?? '');
  const inert = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
