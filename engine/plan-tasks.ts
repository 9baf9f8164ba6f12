import { totalCount, type Brief, type Family } from '#core/brief.ts';
import { assert } from '#core/errors.ts';
import { random } from '#core/search/random.ts';
import { findStrategy } from '#core/search/strategies.ts';
import { openTrial, type Proposal, type ProposalRequest } from '#core/search/strategy.ts';
import { configurationKey, type Configuration } from '#core/space.ts';
import type { TaskPurpose } from '#core/task.ts';
import { HEARTBEATS_UNTIL_OFFLINE, misfits } from '#core/worker.ts';
import { findBrief } from '#store/brief.ts';
import { findFamily, lockFamily, saveFamily } from '#store/family.ts';
import { listUnplanned, listUnplannedAfter, planTask, type UnplannedTask } from '#store/planning.ts';
import type { Reader } from '#store/seam.ts';
import { listIdleWorkers } from '#store/worker.ts';
import { TOPICS, type Engine } from './engine.ts';
import type { KnownRuns, Question } from './propose.ts';
import { readRuns } from './read-runs.ts';
import { touchBrief } from './submit-brief.ts';

/** Configurations that are asked for at once; a large fleet gets the next ones as soon as these are there. */
const MOST_PER_PLAN = 32;
const MOST_IDLE = 1000;

/** What the tasks of one configuration get. */
type Choice = { config: Configuration; chosenBy: string; note: string };

/**
 * Gives as many tasks of a running family their configurations as there are idle places to run them, and one where nothing
 * of it waits or runs, so that each is chosen with all that is known by then. Nothing is locked while the strategy thinks:
 * where somebody else was faster, another server on the same database among them, its answer is dropped.
 *
 * @returns how many tasks got theirs
 */
export async function planTasks(engine: Engine, familyId: string): Promise<number> {
  const { reader } = engine.store;
  const family = await findFamily(reader, familyId);
  const brief = family === null ? null : await findBrief(reader, family.briefId);
  if (family === null || brief === null || family.state !== 'running' || family.unplanned === 0) return 0;
  const idle = await countIdle(engine, family);
  const planned = family.counts.pending - family.unplanned;
  const wanted = Math.max(idle - planned, planned + family.counts.running === 0 ? 1 : 0);
  if (wanted === 0) return 0;
  const most = Math.min(MOST_PER_PLAN, Math.ceil(wanted / brief.replicates));
  const groups = await nextGroups(reader, family.id, 'search', brief.replicates, most);
  if (groups.length === 0) return 0;
  const choices = await chooseConfigurations(engine, await describeSearch(engine, family, brief, { count: groups.length, idle }));
  return writePlan(engine, family, brief, groups.slice(0, choices.length), choices);
}

/** What the strategy of a brief is asked. */
async function describeSearch(engine: Engine, family: Family, brief: Brief, { count, idle }: { count: number; idle: number }): Promise<Question> {
  const { name: strategy, seed, options } = brief.strategy;
  const earlier: KnownRuns[] = [];
  for (const id of brief.warmStart) {
    const one = await findFamily(engine.store.reader, id);
    if (one !== null) earlier.push({ familyId: id, runs: await readRuns(engine.store, one) });
  }
  const total = Math.ceil(totalCount(family.counts) / brief.replicates);
  const request = { space: brief.space, seed, options, count, total, parallel: Math.max(1, family.counts.running + idle) };
  return { familyId: family.id, strategy, runs: await readRuns(engine.store, family), earlier, request };
}

/** The configurations that are asked for, or as many as an earlier answer has that comes late; there is always one. */
async function chooseConfigurations(engine: Engine, question: Question): Promise<Choice[]> {
  const answer = await engine.propose(question);
  if (answer === 'behind' || answer === 'failed') return fillIn(question, REASONS[answer]);
  if (!answer.ok) return fillIn(question, REASONS.nothing);
  return answer.configurations.slice(0, question.request.count).map((config) => ({ config, chosenBy: question.strategy, note: answer.note }));
}

const REASONS = {
  behind: 'The strategy had no answer yet, so that it was drawn to fill in.',
  failed: 'The strategy failed, so that it was drawn to fill in.',
  nothing: 'The strategy found nothing new, so that it was drawn to fill in.',
};

/** Configurations that no model chose: new ones as long as the space has any, then those that ran the least once more. */
function fillIn({ request, runs }: Question, note: string): Choice[] {
  const known = Map.groupBy(runs, (run) => configurationKey(run.config));
  const tried = [...known.values()].flatMap((own) => own.slice(0, 1)).map((run) => openTrial(run.config));
  const asked = { ...request, trials: tried, earlier: [], noise: null };
  const drawn = drawQuasiRandom(asked);
  const fewer = drawn.ok ? drawn : drawQuasiRandom({ ...asked, count: drawn.fits });
  const fresh = (fewer.ok ? fewer.configurations : []).map((config): Choice => ({ config, chosenBy: 'fill-in', note }));
  const again = [...known.values()].toSorted((left, right) => left.length - right.length).slice(0, request.count - fresh.length);
  return [...fresh, ...again.flatMap((own) => own.slice(0, 1)).map(({ config }): Choice => ({ config, chosenBy: 'fill-in', note: 'Every configuration of the space was tried, so that this one runs again with another seed.' }))];
}

/** Where everything was tried, `fits` is 0. */
function drawQuasiRandom(request: ProposalRequest): Proposal {
  return request.count === 0 ? { ok: true, configurations: [], note: '' } : (findStrategy('sobol') ?? random).propose({ ...request, options: {} });
}

async function writePlan(engine: Engine, seen: Family, brief: Brief, groups: UnplannedTask[][], choices: Choice[]): Promise<number> {
  const planned = await engine.store.write(async (tx) => {
    const family = await lockFamily(tx, seen.id);
    // The need was seen before the tasks were, and somebody may have met it in between.
    if (family === null || family.state !== 'running' || family.unplanned !== seen.unplanned) return 0;
    const now = await nextGroups(tx, family.id, 'search', brief.replicates, groups.length);
    if (namesOf(now) !== namesOf(groups)) return 0;
    const tasks = groups.flatMap((group, index) => group.map((task) => ({ task, choice: choices[index] })));
    for (const { task, choice } of tasks) {
      assert(choice !== undefined, 'there is a configuration for every group');
      assert(await planTask(tx, { id: task.id, ...choice }), 'a task that waits for its configuration gets it');
      tx.touch(TOPICS.task(task.id));
    }
    await saveFamily(tx, { ...family, unplanned: family.unplanned - tasks.length });
    touchBrief(tx, brief);
    tx.touch(TOPICS.work);
    return tasks.length;
  });
  if (planned > 0) engine.log.info({ family_id: seen.id, tasks: planned, chosen_by: [...new Set(choices.map((choice) => choice.chosenBy))].join(' ') }, 'tasks planned');
  return planned;
}

/**
 * The next tasks without a configuration, those of one configuration together: the first in the queue, with those of the
 * following numbers for its replicates.
 */
async function nextGroups(reader: Reader, familyId: string, purpose: TaskPurpose, replicates: number, most: number): Promise<UnplannedTask[][]> {
  const queue = await listUnplanned(reader, familyId, purpose, most * replicates);
  if (replicates === 1) return queue.map((task) => [task]);
  const groups: UnplannedTask[][] = [];
  const taken = new Set<string>();
  for (const task of queue) {
    if (groups.length === most) break;
    if (taken.has(task.id)) continue;
    const following = await listUnplannedAfter(reader, familyId, purpose, task.number, replicates - 1 + taken.size);
    const group = [task, ...following.filter((one) => !taken.has(one.id)).slice(0, replicates - 1)];
    for (const one of group) taken.add(one.id);
    groups.push(group);
  }
  return groups;
}

function namesOf(groups: readonly UnplannedTask[][]): string {
  return groups.map((group) => group.map((task) => task.number).join(' ')).join(', ');
}

/** How many tasks of a family could start at once. */
async function countIdle(engine: Engine, family: Family): Promise<number> {
  const seenSince = engine.now() - HEARTBEATS_UNTIL_OFFLINE * engine.settings.heartbeatMs;
  const workers = await listIdleWorkers(engine.store.reader, seenSince, MOST_IDLE);
  const fitting = workers.filter((worker) => misfits(worker, family.requires, family.needs).length === 0 && !(family.verification !== null && worker.standing === 'quarantined'));
  return fitting.reduce((sum, worker) => sum + worker.slots - worker.running, 0);
}
