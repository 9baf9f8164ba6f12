import type { Fragment } from '#web/html.ts';

/** One way in which a fragment can look. */
export type Specimen = { name: string; fragment: Fragment };

/** The fragments of one file of `web/parts`, each with ordinary, long, empty and hostile data. */
export type Specimens = { part: string; specimens: readonly Specimen[] };

/** A name in a script that runs from right to left, with an emoji, and longer than any column. */
export const LONG_TEXT = `مختبر الذكاء الاصطناعي 🧪 Laboratory of everything that does not fit into a column ${'Donaudampfschiff'.repeat(6)}`;

/** A text that wants to be markup. */
export const HOSTILE_TEXT = `<img src=x onerror=alert(1)></td></table><script>alert(2)</script>"' onmouseover='alert(3) {{7*7}} \u202Egnp.exe`;

/** A moment of the page's day: specimens do not change from visit to visit. */
export const NOW = Date.UTC(2026, 0, 31, 12, 0, 0);
