import { areaY, gridY, line, ruleY } from '@observablehq/plot';
import { MICROCREDITS } from '#core/ledger.ts';
import { html, type Fragment } from '#web/html.ts';
import { creditsText, duration } from '#web/parts/number.ts';
import { drawPicture, pictureFrame } from './svg.ts';
import { tickText } from './tick-text.ts';

/** A step of what a brief has spent: minutes after its launch, and credits until then. */
export type SpendingStep = { minutes: number; credits: number };

/** `price` is what all of its tasks cost together; the forecast is missing where nothing more will be spent. */
export type SpendingData = { steps: readonly SpendingStep[]; now: number; budget: number; price: number; forecast: SpendingStep | null };

const MOST_STEPS = 300;
/** A budget that is more than so many times what is drawn below it would press that to the ground: it stays outside. */
const MOST_ROOM = 4;
/** The units of the time axis, each up to so many of the next smaller one. */
const UNITS = [['seconds', 1 / 60, 3], ['minutes', 1, 180], ['hours', 60, 4320], ['days', 1440, Number.POSITIVE_INFINITY]] as const;

/** What a brief has spent along the time as an area of steps, its budget as a line, and where it leads at its pace so far. */
export function spending({ steps, now, budget, price, forecast }: SpendingData): Fragment {
  const last = steps.at(-1);
  if (last === undefined) return html`<p class="none" id="spending">Nothing has been spent yet.</p>`;
  const every = Math.ceil(steps.length / MOST_STEPS);
  const drawn = [{ minutes: 0, credits: 0 }, ...steps.filter((_, index) => (steps.length - 1 - index) % every === 0), { minutes: Math.max(now, last.minutes), credits: last.credits }];
  const ahead = forecast === null ? [] : [{ minutes: Math.max(now, last.minutes), credits: last.credits }, forecast];
  const leads = forecast === null ? '' : `; at its pace so far ${inWords(forecast.credits)} credits by ${after(forecast.minutes)} after its launch`;
  const summary = `${inWords(last.credits)} of ${inWords(budget)} credits spent within ${after(last.minutes)}; all tasks cost ${inWords(price)}${leads}`;
  const highest = Math.max(last.credits, forecast?.credits ?? 0, 1e-6);
  const showsBudget = budget <= MOST_ROOM * highest;
  const [unit, minutes] = UNITS.find(([, , most]) => Math.max(now, last.minutes, forecast?.minutes ?? 0) <= most) ?? UNITS[1];
  const x = ({ minutes: at }: SpendingStep): number => at / minutes;
  const picture = drawPicture(
    {
      marginLeft: 62,
      marginRight: 18,
      marginBottom: 38,
      x: { label: `${unit} since launch`, ticks: 6, tickFormat: tickText, labelArrow: 'none' },
      y: { label: 'credits', ticks: 5, tickFormat: tickText, labelArrow: 'none', domain: [0, showsBudget ? Math.max(budget, highest) : 1.1 * highest] },
      marks: [
        gridY({ ticks: 5, className: 'lines' }),
        // What is paid at one moment is not laid upon each other: each step is a sum already.
        areaY(drawn, { x, y1: 0, y2: 'credits', curve: 'step-after', className: 'spread' }),
        line(drawn, { x, y: 'credits', curve: 'step-after', className: 'curve' }),
        line(ahead, { x, y: 'credits', className: 'ahead' }),
        ruleY(showsBudget ? [budget] : [], { className: 'limit', title: () => `budget ${inWords(budget)}` }),
      ],
    },
    summary,
  );
  return pictureFrame('spending', picture, `${summary}. ${showsBudget ? 'The line at the top is the budget.' : 'The budget lies far above the picture.'}`);
}

function inWords(credits: number): string {
  return creditsText(credits * MICROCREDITS);
}

function after(minutes: number): string {
  return duration(minutes * 60_000);
}
