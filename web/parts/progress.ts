import { totalCount, type Counts } from '#core/brief.ts';
import { html, type Fragment } from '#web/html.ts';
import { count } from './number.ts';

/** A campaign's tasks as one bar: completed, running, failed and cancelled parts of the whole, and the same in words. */
export function progressBar(counts: Counts): Fragment {
  const total = totalCount(counts);
  const words = progressText(counts);
  const parts: [string, number][] = [
    ['done', counts.completed],
    ['run', counts.running],
    ['fail', counts.failed],
    ['gone', counts.cancelled],
  ];
  let from = 0;
  const bars = parts.map(([name, size]) => {
    const width = total === 0 ? 0 : (100 * size) / total;
    const bar = width === 0 ? null : html`<rect class="${name}" x="${round(from)}" width="${round(width)}" height="1"/>`;
    from += width;
    return bar;
  });
  return html`<svg class="progress" viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label="${words}"><title>${words}</title>${bars}</svg>`;
}

/** How much of something is done, as a bar and in words. */
export function partialBar(done: number, total: number): Fragment {
  const words = `${count(done)} of ${count(total)}`;
  const width = total === 0 ? 100 : Math.min(100, (100 * done) / total);
  return html`<svg class="progress" viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label="${words}"><title>${words}</title>${width === 0 ? null : html`<rect class="done" x="0" width="${round(width)}" height="1"/>`}</svg>`;
}

/** `38 completed, 2 running, 3 failed of 60`; what is zero is left out, except completed. */
export function progressText(counts: Counts): string {
  const parts = [
    `${count(counts.completed)} completed`,
    counts.running > 0 ? `${count(counts.running)} running` : '',
    counts.failed > 0 ? `${count(counts.failed)} failed` : '',
    counts.cancelled > 0 ? `${count(counts.cancelled)} cancelled` : '',
  ];
  return `${parts.filter((part) => part !== '').join(', ')} of ${count(totalCount(counts))}`;
}

/** How far a campaign is in a narrow place: `41 / 60`, where failed and cancelled tasks are settled too. */
export function settledOf(counts: Counts): string {
  return `${count(counts.completed + counts.failed + counts.cancelled)} / ${count(totalCount(counts))}`;
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
