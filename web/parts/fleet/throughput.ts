import { MINUTE_MS, minuteOf } from '#core/minute.ts';
import type { Activity } from '#store/activity.ts';
import { html, type Fragment } from '#web/html.ts';
import { count } from '#web/parts/number.ts';
import { HOUR_MINUTES, sumOf } from '#web/stats.ts';

const HEIGHT = 40;
const GAP = 0.2;

/** How many tasks ended in each minute of the last hour, completed ones below and failed ones above them. */
export function throughput(minutes: readonly (Activity & { at: number })[], now: number): Fragment {
  const most = Math.max(1, ...minutes.map((one) => one.completed + one.failed));
  const first = minuteOf(now) - HOUR_MINUTES + 1;
  const bars = minutes.map(({ at, completed, failed }) => {
    const x = minuteOf(at) - first;
    if (x < 0) return null;
    const [low, high] = [(HEIGHT * completed) / most, (HEIGHT * failed) / most];
    const rect = (name: string, y: number, height: number) => (height === 0 ? null : html`<rect class="${name}" x="${x + GAP / 2}" width="${1 - GAP}" y="${fixed(y)}" height="${fixed(height)}"/>`);
    return html`<g><title>${timeText(at)}: ${count(completed)} completed, ${count(failed)} failed</title>${rect('completed', HEIGHT - low, low)}${rect('above', HEIGHT - low - high, high)}</g>`;
  });
  const ended = sumOf(minutes);
  const summary = `Tasks finished per minute in the last hour: ${count(ended.completed)} completed, ${count(ended.failed)} failed; at most ${count(most)} in a minute`;
  return html`<figure class="throughput"><figcaption class="fine">Finished per minute <span>${Number(((ended.completed + ended.failed) / HOUR_MINUTES).toPrecision(2))} on average · most ${count(minutes.length === 0 ? 0 : most)}</span></figcaption><svg viewBox="0 0 ${HOUR_MINUTES} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${summary}">${bars}</svg></figure>`;
}

function timeText(at: number): string {
  return `${new Date(at).toISOString().slice(11, 16)} UTC to ${new Date(at + MINUTE_MS).toISOString().slice(11, 16)}`;
}

function fixed(value: number): number {
  return Number(value.toFixed(2));
}
