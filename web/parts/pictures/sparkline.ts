import { totalCount, type Family } from '#core/brief.ts';
import type { Reader } from '#store/seam.ts';
import { bestBefore } from '#store/task-value.ts';
import { html, type Fragment } from '#web/html.ts';
import { countOf, measuredText } from '#web/parts/number.ts';
import { keptPicture } from './kept.ts';

/** A step of the best so far: from this task number on it was this value. */
export type BestStep = { number: number; value: number };

const WIDTH = 120;
const HEIGHT = 26;
const PADDING = 3;
/** More steps than this would not be told apart in so small a picture. */
const MOST_STEPS = 40;
/** What was the best only within the first tenth may lie above the picture, so that it does not flatten all that follows. */
const BEGINNING = 0.1;

/** The best value so far of a family as a small line, drawn once per version of it. */
export function familySparkline(reader: Reader, family: Pick<Family, 'id' | 'version' | 'metric' | 'counts' | 'rollup'>): Promise<Fragment> {
  return keptPicture(reader, `sparkline:${family.id}`, family.version, async () => {
    const { counts, metric } = family;
    const steps = family.rollup.n === 0 ? [] : await readBestSteps(reader, family.id, metric, totalCount(counts));
    return sparkline(steps, counts.completed + counts.failed + counts.cancelled, metric.name);
  });
}

/**
 * Draws steps, the first one first, each with the best value from its task number on.
 *
 * @param reached how many tasks have ended: where the line ends
 */
export function sparkline(steps: readonly BestStep[], reached: number, metric: string): Fragment {
  const [first, last] = [steps[0], steps.at(-1)];
  if (first === undefined || last === undefined) return html`<span class="none">–</span>`;
  const end = Math.max(reached, last.number, 2);
  const outset = steps.findLast((step) => step.number <= 1 + end * BEGINNING) ?? first;
  const span = Math.abs(outset.value / 2 - last.value / 2);
  const x = (number: number) => fixed(PADDING + ((WIDTH - 2 * PADDING) * (number - 1)) / Math.max(1, end - 1));
  const y = (value: number) => fixed(HEIGHT - PADDING - (HEIGHT - 2 * PADDING) * (span === 0 ? 0 : Math.min(1, Math.abs(value / 2 - last.value / 2) / span)));
  const points = steps.map((step, index) => (index === 0 ? `M${x(step.number)} ${y(step.value)}` : `H${x(step.number)}V${y(step.value)}`));
  const summary = steps.length === 1 ? `best ${metric} ${measuredText(last.value)} at #${last.number}` : `best ${metric} from ${measuredText(first.value)} at #${first.number} to ${measuredText(last.value)} at #${last.number}, over ${countOf(end, 'task')}`;
  return html`<svg class="sparkline" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${summary}"><title>${summary}</title><path d="${points.join('')}H${x(end)}"/><circle cx="${x(last.number)}" cy="${y(last.value)}" r="2.5"/></svg>`;
}

/** Reads the steps from the last one back; among very many only those at least a fortieth of the tasks apart. */
async function readBestSteps(reader: Reader, familyId: string, metric: Family['metric'], total: number): Promise<BestStep[]> {
  const apart = Math.max(1, Math.ceil(total / MOST_STEPS));
  const steps: BestStep[] = [];
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const step = await bestBefore(reader, familyId, metric.direction, before);
    if (step === null) break;
    steps.push(step);
    before = Math.min(step.number, Math.max(2, step.number - apart + 1));
  }
  return steps.reverse();
}

function fixed(value: number): number {
  return Number(value.toFixed(1));
}
