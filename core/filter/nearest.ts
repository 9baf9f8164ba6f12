/**
 * The known word that a mistyped one most probably means; null where none is near. Near is one slip in three letters,
 * counted as the optimal string alignment distance (a missing, extra, wrong or swapped letter is one slip).
 */
export function nearest(word: string, known: readonly string[]): string | null {
  const most = Math.max(1, Math.floor(word.length / 3));
  let best: { name: string; slips: number } | null = null;
  for (const name of known) {
    if (Math.abs(name.length - word.length) > most) continue;
    const slips = slipsBetween(word.toLowerCase(), name.toLowerCase());
    if (slips <= most && (best === null || slips < best.slips)) best = { name, slips };
  }
  return best?.name ?? null;
}

function slipsBetween(left: string, right: string): number {
  let [before, row]: [number[], number[]] = [[], Array.from({ length: right.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const same = left[i - 1] === right[j - 1];
      let slips = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) slips = Math.min(slips, (before[j - 2] ?? 0) + 1);
      next.push(slips);
    }
    [before, row] = [row, next];
  }
  return row[right.length] ?? 0;
}
