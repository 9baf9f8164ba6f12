import type { SymbolType } from '@observablehq/plot';
import { html, type Fragment } from '#web/html.ts';
import { axesOf, type Axis } from './axis.ts';
import type { Run } from './runs.ts';
import { choiceLink, parameterOf, type Study } from './study.ts';

/** A parameter whose choices have a colour and a shape each, so that they are told apart in grey as well. */
export type Tones = { axis: Axis };

type Shape = { symbol: SymbolType; path: string };

const SHAPES: readonly [Shape, ...Shape[]] = [
  { symbol: 'circle', path: 'M5 1a4 4 0 1 0 0 8a4 4 0 1 0 0-8z' },
  { symbol: 'triangle', path: 'M5 1l4.3 7.6h-8.6z' },
  { symbol: 'square', path: 'M1.6 1.6h6.8v6.8h-6.8z' },
  { symbol: 'diamond', path: 'M5 0l3.2 5l-3.2 5l-3.2-5z' },
  { symbol: 'star', path: 'M5 .3l1.2 3.2h3.4l-2.7 2.1l1 3.4l-2.9-2l-2.9 2l1-3.4l-2.7-2.1h3.4z' },
  { symbol: 'wye', path: 'M3.8.8h2.4v3.5l3 1.8l-1.2 2l-3-1.7l-3 1.7l-1.2-2l3-1.8z' },
];

/** Asks for one colour only. */
export const NO_TONES = '-';

/** Whether a parameter has few enough choices for a colour and a shape each. */
export function isTonable(axis: Axis): boolean {
  return axis.scale === 'points' && axis.choices.length <= SHAPES.length;
}

/** The parameter asked for, or the first with words to choose from; null where it has more choices than can be told apart. */
export function tonesOf(study: Pick<Study, 'space'>, name: string | null): Tones | null {
  const possible = axesOf(study.space).filter(isTonable);
  const axis = name === null ? possible.find((one) => one.choices.every((choice) => typeof choice === 'string')) : possible.find((one) => one.name === name);
  return axis === undefined ? null : { axis };
}

/** The class that colours the mark of a run; empty where nothing is coloured. */
export function toneClass(tones: Tones | null, run: Pick<Run, 'config'>): string {
  const index = indexOf(tones, run);
  return index < 0 ? '' : `tone-${index + 1}`;
}

/** The shape of the mark of a run, so that its colour is not alone. */
export function toneSymbol(tones: Tones | null, run: Pick<Run, 'config'>): SymbolType {
  return (SHAPES[indexOf(tones, run)] ?? SHAPES[0]).symbol;
}

/** What each colour and shape stands for, as links to the runs of that choice, and the band of noise where there is one. */
export function tonesLegend(study: Study, tones: Tones | null, hasNoise: boolean): Fragment | null {
  if (tones === null && !hasNoise) return null;
  const band = hasNoise ? html`<li><svg class="swatch noise" viewBox="0 0 20 10" aria-hidden="true"><path d="M0 0h20v10h-20z"/></svg>within the noise of the best</li>` : null;
  return html`<ul class="tones" aria-label="What the picture shows">${band}${tones === null ? null : choicesOf(study, tones)}</ul>`;
}

function choicesOf(study: Study, { axis }: Tones): Fragment[] {
  return axis.choices.map((choice, index) => html`<li><a href="${choiceLink(study, axis, choice)}"><svg class="swatch tone-${index + 1}" viewBox="0 0 10 10" aria-hidden="true"><path d="${SHAPES[index]?.path}"/></svg>${String(choice)}</a></li>`);
}

function indexOf(tones: Tones | null, run: Pick<Run, 'config'>): number {
  if (tones === null) return -1;
  const value = parameterOf(run, tones.axis.name);
  return value === undefined ? -1 : tones.axis.choices.indexOf(value);
}
