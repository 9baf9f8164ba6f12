import { areaY, gridY, line, ruleY } from '@observablehq/plot';
import { html, type Fragment } from '#web/html.ts';
import { measuredText } from '#web/parts/number.ts';
import { drawPicture, pictureFrame } from './svg.ts';
import { tickText } from './tick-text.ts';

/** A step of what a brief has spent: minutes after its launch, and credits until then. */
export type SpendingStep = { minutes: number; credits: number };

/** `price` is what all of its tasks cost together; the forecast is missing where nothing more will be spent. */
export type SpendingData = { steps: readonly SpendingStep[]; now: number; budget: number; price: number; forecast: SpendingStep | null };

const MOST_STEPS = 300;

/** What a brief has spent along the time as an area of steps, its budget as a line, and where it leads at its pace so far. */
export function spending({ steps, now, budget, price, forecast }: SpendingData): Fragment {
  const last = steps.at(-1);
  if (last === undefined) return html`<p class="none" id="spending">Nothing has been spent yet.</p>`;
  const every = Math.ceil(steps.length / MOST_STEPS);
  const drawn = [{ minutes: 0, credits: 0 }, ...steps.filter((_, index) => (steps.length - 1 - index) % every === 0), { minutes: Math.max(now, last.minutes), credits: last.credits }];
  const ahead = forecast === null ? [] : [{ minutes: Math.max(now, last.minutes), credits: last.credits }, forecast];
  const leads = forecast === null ? '' : `; at its pace so far ${measuredText(forecast.credits)} credits by ${measuredText(forecast.minutes)} min after its launch`;
  const summary = `${measuredText(last.credits)} of ${measuredText(budget)} credits spent within ${measuredText(last.minutes)} min; all tasks cost ${measuredText(price)}${leads}`;
  const picture = drawPicture(
    {
      marginLeft: 62,
      marginRight: 18,
      marginBottom: 38,
      x: { label: 'minutes since launch', ticks: 6, tickFormat: tickText, labelArrow: 'none' },
      y: { label: 'credits', ticks: 5, tickFormat: tickText, labelArrow: 'none', domain: [0, Math.max(budget, last.credits, 1e-6)] },
      marks: [
        gridY({ ticks: 5, className: 'lines' }),
        areaY(drawn, { x: 'minutes', y: 'credits', curve: 'step-after', className: 'spread' }),
        line(drawn, { x: 'minutes', y: 'credits', curve: 'step-after', className: 'curve' }),
        line(ahead, { x: 'minutes', y: 'credits', className: 'ahead' }),
        ruleY([budget], { className: 'limit', title: () => `budget ${measuredText(budget)}` }),
      ],
    },
    summary,
  );
  return pictureFrame('spending', picture, `${summary}. The line at the top is the budget.`);
}
