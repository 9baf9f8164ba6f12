/** Rows under their headings, the first column to the left and the others to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    widths.map((width, column) => (column === 0 ? (row[column] ?? '').padEnd(width) : (row[column] ?? '').padStart(width))).join('  ').trimEnd();
  return `${[line(headings), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n')}\n`;
}

/** A whole number with separators, e.g. `12,345`. */
export function wholeText(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Milliseconds with two decimals. */
export function msText(value: number): string {
  return value.toFixed(2);
}

/** How many times as much, e.g. `0.47`. */
export function ratioText(value: number): string {
  return value.toFixed(2);
}
