import { totalCount, type Brief, type Family } from '#core/brief.ts';
import { addValue, EMPTY_ROLLUP, standardDeviation, type Rollup } from '#core/rollup.ts';
import { countValues, type Configuration, type Space } from '#core/space.ts';
import type { Task } from '#core/task.ts';
import { listTasks } from '#store/task.ts';
import type { Reader } from '#store/seam.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { count, countOf, creditsText, measured, measuredText } from '#web/parts/number.ts';
import { paths } from '#web/paths.ts';

/** The best run with what tells how much it means: its other seeds, and the next best run. */
export type Leader = { task: Task & { value: number }; seeds: Rollup; runnerUp: (Task & { value: number }) | null };

type Asked = Pick<Brief, 'state' | 'numTasks' | 'replicates' | 'space' | 'budgetMicrocredits'>;
type Answered = Pick<Family, 'counts' | 'rollup' | 'metric'>;

/** Reads what {@link answer} says of the best run. */
export async function readLeader(reader: Reader, brief: Pick<Brief, 'replicates'>, family: Family, best: (Task & { value: number }) | null): Promise<Leader | null> {
  if (best === null) return null;
  const { metric } = family;
  const all = { familyId: family.id, state: null, workerId: null };
  const first = best.number - ((best.number - 1) % brief.replicates);
  const before = { familyId: family.id, number: first - 1, value: null, finishedAt: null, id: '' };
  const [seeds, ranked] = await Promise.all([
    listTasks(reader, { ...all, limit: brief.replicates, sort: 'oldest', after: before }),
    listTasks(reader, { ...all, limit: 2, sort: metric.direction === 'minimize' ? 'value' : '-value', after: null }),
  ]);
  const next = ranked.find((task) => task.id !== best.id);
  return {
    task: best,
    seeds: seeds.reduce((rollup, task) => (task.value === null ? rollup : addValue(rollup, metric, task.value, task.id)), EMPTY_ROLLUP),
    runnerUp: next === undefined || next.value === null ? null : { ...next, value: next.value },
  };
}

/** The state of the question in one sentence that claims no more than the values do. */
export function answer(brief: Asked, family: Answered, leader: Leader | null): Fragment {
  if (brief.state === 'draft') return html`Not launched: ${countOf(brief.numTasks, 'task')} planned for at most ${creditsText(brief.budgetMicrocredits)} credits.`;
  if (leader === null) return html`${withoutValue(family)}`;
  const { counts, rollup, metric } = family;
  const who = html`<a href="${paths.task(leader.task.id)}">${leaderName(leader.task, brief.space)}</a>`;
  const value = html`<span class="big">${measured(leader.task.value)}</span>`;
  if (rollup.n === 1) return html`The only value so far is ${metric.name} ${value} by ${who}, with nothing to compare it to; ${doneOf(family)}.`;
  const tied = leader.runnerUp?.value === leader.task.value;
  const open = counts.pending + counts.running > 0;
  const verb = tied ? (open ? 'shares the lead' : 'shares the best result') : open ? 'leads' : 'has the best result';
  return html`${who} ${verb} with ${metric.name} ${value} ${confidence(leader)}; ${doneOf(family)}${counts.failed > 0 ? `, ${count(counts.failed)} failed` : ''}.`;
}

/** What keeps the answer from being certain, in a sentence. */
export function caveat(brief: Pick<Asked, 'replicates'>, family: Answered, leader: Leader | null): Content {
  if (leader === null || leader.runnerUp === null) return null;
  const { task, runnerUp } = leader;
  const gap = Math.abs(runnerUp.value - task.value);
  const next = html`<a href="${paths.task(runnerUp.id)}">task #${runnerUp.number}</a>`;
  const ahead = gap === 0 ? html`${next} has the same value.` : html`The next best, ${next}, is ${measuredText(gap)} behind.`;
  if (brief.replicates > 1) return html`${ahead} The lead is that of a single run; compare means over seeds before trusting it.`;
  return html`${ahead} Each configuration ran with one seed, so how much of a difference is noise is not known.`;
}

/** A configuration by what was chosen for it: its texts, then its first number, e.g. `cosine at lr ≈ 1.2e-3`. */
export function leaderName(task: Pick<Task, 'number' | 'config'>, space: Space): string {
  const varied = variedNames(space).filter((name) => Object.hasOwn(task.config, name));
  const texts = varied.filter((name) => typeof task.config[name] === 'string').slice(0, 2).map((name) => String(task.config[name]));
  const real = varied.find((name) => ['log', 'uniform'].includes(space.parameters[name]?.type ?? ''));
  const place = real === undefined ? '' : `${real} ≈ ${shortNumber(task.config, real)}`;
  if (texts.length === 0) return place === '' ? `task #${task.number}` : `task #${task.number} (${place})`;
  return place === '' ? texts.join(', ') : `${texts.join(', ')} at ${place}`;
}

/** The parameters that differ between the configurations of a space. */
export function variedNames(space: Space): string[] {
  return Object.entries(space.parameters).filter(([, parameter]) => countValues(parameter) > 1).map(([name]) => name);
}

function withoutValue({ counts, metric }: Answered): string {
  const total = totalCount(counts);
  if (counts.failed === total) return `No answer: ${total === 1 ? 'the only task' : `all ${count(total)} tasks`} failed.`;
  if (counts.pending + counts.running === 0) return `No answer: no task reached a value of ${metric.name}; ${count(counts.failed)} failed and ${count(counts.cancelled)} were cancelled.`;
  const failed = counts.failed > 0 ? ` ${count(counts.failed)} failed.` : '';
  return counts.running > 0
    ? `No value of ${metric.name} yet: ${count(counts.running)} of ${countOf(total, 'task')} running, ${count(counts.pending)} waiting.${failed}`
    : `No value of ${metric.name} yet: ${countOf(counts.pending, 'task')} waiting.${failed}`;
}

function doneOf({ counts }: Answered): string {
  return `${count(counts.completed + counts.failed + counts.cancelled)} of ${count(totalCount(counts))} done`;
}

function confidence({ seeds }: Leader): Fragment {
  const deviation = standardDeviation(seeds);
  if (deviation === null) return html`(1 seed)`;
  return html`(the best of ${count(seeds.n)} seeds, whose mean is ${measured(seeds.mean)} ± ${measured(deviation)})`;
}

function shortNumber(config: Configuration, name: string): string {
  const value = config[name];
  return typeof value === 'number' ? String(Number(value.toPrecision(2))) : String(value);
}
