import { totalCount, type Brief, type Family } from '#core/brief.ts';
import { standardDeviation } from '#core/rollup.ts';
import { countValues, type Configuration, type Space } from '#core/space.ts';
import { leastDifference } from '#core/stats/noise.ts';
import { gapOf, type Contender } from '#core/stats/ranking.ts';
import type { TimeLeft } from '#core/stats/time-left.ts';
import { html, nothing, type Content, type Fragment } from '#web/html.ts';
import { count, countOf, creditsText, measured, measuredText } from '#web/parts/number.ts';
import type { CommonFailure } from '#web/parts/outlook.ts';
import { isUnverified, type Standing } from '#web/parts/standing.ts';
import { paths } from '#web/paths.ts';

type Asked = Pick<Brief, 'state' | 'numTasks' | 'space' | 'budgetMicrocredits'>;
type Answered = Pick<Family, 'counts' | 'metric' | 'rollup' | 'verification'>;
type Ahead = { left: TimeLeft | null; failure: CommonFailure | null };

const MOST_NAMED = 3;
const MOST_CHARACTERS = 40;
/** A span of time wider than this is told by both of its ends. */
const WIDE = 1.5;
/** What is too short for a figure. */
const MOMENT = 'a few seconds';

/** The state of the question in one sentence that claims no more than the values do. */
export function answer(brief: Asked, family: Answered, standing: Standing | null, ahead: Ahead): Fragment {
  if (brief.state === 'draft') return html`Not launched: ${countOf(brief.numTasks, 'task')} planned for at most ${creditsText(brief.budgetMicrocredits)} credits.`;
  if (standing === null) return html`${withoutValue(brief, family, ahead)}`;
  const { counts, metric } = family;
  const { leader, noise, tiedCount } = standing;
  const who = html`<a href="${taskOf(leader)}">${leaderName(leader.config, brief.space)}</a>`;
  const value = html`<span class="big">${measured(leader.rollup.mean)}</span>${spreadOf(leader)}${isUnverified(standing, family) ? html`, <strong>not verified yet</strong>` : null}`;
  const done = html`${doneOf(brief, family)}${timeLeft(ahead.left)}`;
  if (standing.configurations === 1) return html`The only ${leader.rollup.n === 1 ? 'value' : 'configuration with values'} so far is ${metric.name} ${value} by ${who}, with nothing to compare it to; ${done}.`;
  const open = counts.pending + counts.running > 0;
  const shared = noise === null && tiedCount > 0;
  const verb = shared ? (open ? 'shares the lead' : 'shares the best result') : open ? 'leads' : 'has the best result';
  return html`${who} ${verb} with ${metric.name} ${value}${ties(standing)}; ${done}.`;
}

/**
 * What keeps the answer from being certain, in a sentence; null where nothing does.
 *
 * @param confirming where the best can be run again; null where the brief takes no more tasks
 * @param seedsToCome whether further seeds of these configurations are waiting or running
 */
export function caveat(standing: Standing | null, confirming: string | null, seedsToCome = false): Content {
  if (standing === null || standing.configurations < 2) return null;
  const { leader, next, noise, tied, tiedCount, only } = standing;
  const rival = noise === null && tiedCount > 0 ? tied[0] : next;
  const name = rival === undefined || rival === null ? null : html`<a href="${taskOf(rival)}">task #${rival.runs[0]?.number}</a>`;
  const gap = rival === undefined || rival === null ? 0 : gapOf(rival, leader);
  const ahead = name === null ? nothing : gap === 0 ? html`${name} has the same value. ` : html`${noise === null ? 'The next best' : 'The best outside the noise'}, ${name}, is ${measuredText(gap)} behind. `;
  const single = seedsToCome ? 'So far each configuration ran with one seed: how much of a difference is noise shows with the seeds to come. ' : 'Each configuration ran with one seed, so how much of a difference is noise is not known, and no lead is certain. ';
  const unknown = noise === null ? single : '';
  const part = only === null ? '' : `Ranked among the first ${count(only)} runs.`;
  const again = confirming === null || noise !== null || seedsToCome ? nothing : html`<a href="${confirming}">Run the best ${Math.min(3, standing.configurations)} again with 3 seeds</a>`;
  return String(ahead) === '' && unknown === '' && part === '' ? null : html`${ahead}${unknown}${part}${again}`;
}

/** A configuration by what was chosen for it: its texts first, then what is searched on a log scale, e.g. `cosine at lr ≈ 1.2e-3`. */
export function leaderName(config: Configuration, space: Space): string {
  const varied = variedNames(space).filter((name) => Object.hasOwn(config, name));
  const isText = (name: string) => typeof config[name] === 'string';
  const texts = varied.filter(isText).slice(0, 2);
  const rank = (name: string) => (isLog(space, name) ? 0 : space.parameters[name]?.type === 'uniform' ? 1 : 2);
  const numbers = varied.filter((name) => !isText(name)).sort((left, right) => rank(left) - rank(right));
  const most = texts.length === 0 ? MOST_NAMED - 1 : 1;
  const places = numbers.slice(0, most).map((name) => placeText(name, config[name]));
  const called = texts.map((name) => clipped(String(config[name]))).join(', ');
  if (called === '') return places.length === 0 ? 'the one configuration' : places.join(', ');
  return places.length === 0 ? called : `${called} at ${places.join(', ')}`;
}

/** The parameters that differ between the configurations of a space. */
export function variedNames(space: Space): string[] {
  return Object.entries(space.parameters).filter(([, parameter]) => countValues(parameter) > 1).map(([name]) => name);
}

/** The differences that may be noise between two means of as many seeds as the leader has; null where the noise is not known. */
export function noiseMargin({ noise, leader }: Standing): number | null {
  return noise === null ? null : leastDifference(noise, leader.rollup.n, leader.rollup.n);
}

/** A spread with two significant digits, a zero among them: more would claim that it is better known than it is. */
export function shortText(value: number): string {
  const text = value.toPrecision(2);
  return value === 0 || text.includes('e') ? String(Number(text)) : text;
}

/** How long, in words no finer than an estimate is: `40 s`, `7 min`, `2.5 h`, `3 d`. */
export function roughly(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return MOMENT;
  if (seconds < 90) return `${Math.round(seconds / 10) * 10} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 1800) / 2} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

function withoutValue(brief: Asked, { counts, metric }: Answered, { left, failure }: Ahead): Fragment {
  const total = totalCount(counts);
  const why = failure === null ? null : html` ${failure.many === failure.of && counts.failed === failure.of ? 'Each' : `${count(failure.many)} of the last ${count(failure.of)}`} with <code>${failure.kind}</code>: ${clipped(failure.headline, 160)} (<a href="${paths.task(failure.taskId)}#log">log of task #${failure.number}</a>).`;
  if (counts.failed === total && total > 0) return html`No answer: ${total === 1 ? 'the only task' : `all ${count(total)} tasks`} failed.${why}`;
  if (counts.pending + counts.running === 0) return html`No answer: no task reached a value of ${metric.name}; ${count(counts.failed)} failed and ${count(counts.cancelled)} were cancelled.${why}`;
  const failed = counts.failed > 0 ? ` ${count(counts.failed)} failed.` : '';
  const paused = brief.state === 'paused' || brief.state === 'exhausted' ? `, ${brief.state}` : '';
  const doing = counts.running > 0 ? `${count(counts.running)} of ${countOf(total, 'task')} running, ${count(counts.pending)} waiting` : `${countOf(counts.pending, 'task')} waiting`;
  return html`No value of ${metric.name} yet: ${doing}${paused}${timeLeft(left)}.${failed}${why}`;
}

function spreadOf({ rollup }: Contender): Fragment {
  const deviation = standardDeviation(rollup);
  return deviation === null ? html` (1 seed)` : html` (mean of ${count(rollup.n)} seeds, sd ${shortText(deviation)})`;
}

function ties(standing: Standing): Fragment {
  const { noise, leader, tiedCount } = standing;
  const margin = noiseMargin(standing);
  if (noise === null || margin === null) return nothing;
  const title = `Means of ${countOf(leader.rollup.n, 'seed')} differ by up to ${measuredText(margin)} by chance (95 %): pooled sd ${measuredText(noise.deviation)}, ${countOf(noise.degrees, 'degree')} of freedom`;
  const within = html`within the noise (<span title="${title}">± ${shortText(margin)}</span>)`;
  if (tiedCount === 0) return html`; no other configuration is ${within}`;
  return html`; <a href="#ties">${countOf(tiedCount, 'configuration')}</a> ${tiedCount === 1 ? 'is' : 'are'} ${within}`;
}

function doneOf(brief: Asked, { counts }: Answered): string {
  const ended = counts.completed + counts.failed;
  const failed = counts.failed > 0 ? `, ${count(counts.failed)} failed` : '';
  const of = `${count(brief.state === 'cancelled' ? ended : ended + counts.cancelled)} of ${count(totalCount(counts))}`;
  if (brief.state === 'paused' || brief.state === 'exhausted') return `${brief.state} at ${of}${failed}`;
  return brief.state === 'cancelled' ? `cancelled after ${of}${failed}` : `${of} done${failed}`;
}

function timeLeft(left: TimeLeft | null): string {
  if (left === null || left.mostMs === 0) return '';
  const [least, most] = [roughly(left.leastMs), roughly(left.mostMs)];
  return left.mostMs > WIDE * left.leastMs && least !== most ? `, ${least} to ${most} left` : `, ${most === MOMENT ? most : `about ${most}`} left`;
}

function taskOf({ rollup, runs }: Contender): string {
  return paths.task(rollup.bestTaskId ?? runs[0]?.id ?? '');
}

function isLog(space: Space, name: string): boolean {
  const parameter = space.parameters[name];
  return parameter?.type === 'log' || (parameter?.type === 'int' && parameter.log === true);
}

function placeText(name: string, value: Configuration[string] | undefined): string {
  if (typeof value !== 'number') return `${name} ${clipped(String(value))}`;
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return `${name} ${value}`;
  const size = Math.abs(value);
  return `${name} ≈ ${size !== 0 && (size < 0.01 || size >= 1e6) ? value.toExponential(1) : Number(value.toPrecision(2))}`;
}

function clipped(text: string, most = MOST_CHARACTERS): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most).join('')}…`;
}
