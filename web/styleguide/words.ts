import { BRIEF_STATES } from '#core/brief.ts';
import { TASK_STATES } from '#core/task.ts';
import { html } from '#web/html.ts';
import { badge, syntheticMark } from '#web/parts/badge.ts';
import { configurationTable, copyable, crumbs, idLink, named } from '#web/parts/identity.ts';
import { ago, elapsed, took } from '#web/parts/moment.ts';
import { credits, duration, gigabytes, meanAndDeviation, measured } from '#web/parts/number.ts';
import { paths } from '#web/paths.ts';
import { HOSTILE_TEXT, LONG_TEXT, NOW, type Specimens } from './specimen.ts';

const VALUES = [2.70912345, 0, -0.5, 1e-12, 1234567.891, 1.7976931348623157e308, Number.NaN];
const AGES_MS = [0, 4_000, 90_000, 7_200_000, 86_400_000 * 40];
const STATES = [...new Set([...BRIEF_STATES, ...TASK_STATES, 'lost', 'exhausted', 'online', 'busy', 'draining', 'offline', 'removed'] as const)];

/** Names, numbers, moments and states. */
export const WORDS: readonly Specimens[] = [
  {
    part: 'badge.ts',
    specimens: [
      { name: 'every state', fragment: html`<p>${STATES.map((state) => html`${badge(state)} `)}</p>` },
      { name: 'made-up values', fragment: html`<p>2.709 ${syntheticMark(true)}</p>` },
      { name: 'beside a heading', fragment: html`<h3>${LONG_TEXT} ${badge('running')}</h3>` },
    ],
  },
  {
    part: 'number.ts',
    specimens: [
      { name: 'values', fragment: html`<p>${VALUES.map((value) => html`${measured(value)} · `)}${measured(null)}</p>` },
      { name: 'mean and deviation', fragment: html`<p>${meanAndDeviation(2.952, 0.2412)} · ${meanAndDeviation(1e-12, 3e-13)} · ${meanAndDeviation(2.7, null)} · ${meanAndDeviation(null, null)}</p>` },
      { name: 'credits', fragment: html`<p>${credits(538_130_000)} · ${credits(12)} · ${credits(0)} · ${credits(-3_000_000)}</p>` },
      { name: 'lengths and sizes', fragment: html`<p>${[420, 9_300, 720_000, 3_900_000, 273_600_000].map((ms) => html`${duration(ms)} · `)}${gigabytes(0.5)} · ${gigabytes(15.6)} · ${gigabytes(65_536)}</p>` },
    ],
  },
  {
    part: 'moment.ts',
    specimens: [
      { name: 'ages', fragment: html`<p>${AGES_MS.map((ms) => html`${ago(NOW - ms, NOW)} · `)}${ago(null, NOW)}</p>` },
      { name: 'running and over', fragment: html`<p>${elapsed(NOW - 61_000, NOW)} · ${took(NOW - 9_300, NOW, NOW)} · ${took(null, null, NOW)}</p>` },
    ],
  },
  {
    part: 'identity.ts',
    specimens: [
      { name: 'ids and names', fragment: html`<p>${idLink(paths.tasks(), '1m87sa34rk506q00-12')}</p>${named(paths.tasks(), 'lab-3')}${named(paths.tasks(), LONG_TEXT, syntheticMark(true))}${named(paths.tasks(), HOSTILE_TEXT)}` },
      { name: 'where a page stands', fragment: crumbs([paths.briefs(), 'Briefs'], [paths.briefs(), LONG_TEXT]) },
      { name: 'a configuration', fragment: configurationTable({ lr: 0.004808, lr_schedule: 'cosine', n_layers: 2, [LONG_TEXT]: LONG_TEXT, [HOSTILE_TEXT]: HOSTILE_TEXT }) },
      { name: 'an empty configuration', fragment: configurationTable({}) },
      { name: 'something to copy', fragment: copyable('specimen-copy', `node train.ts --config-file '${HOSTILE_TEXT}'`, 'A command') },
    ],
  },
];
