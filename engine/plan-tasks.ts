import { totalCount, type Brief, type Family } from '#core/brief.ts';
import { assert } from '#core/errors.ts';
import { drawDistinct } from '#core/search/distinct.ts';
import { openTrial, type Proposal, type ProposalRequest } from '#core/search/strategy.ts';
import type { Configuration } from '#core/space.ts';
import type { TaskPurpose } from '#core/task.ts';
import { HEARTBEATS_UNTIL_OFFLINE, misfits } from '#core/worker.ts';
import { findBrief } from '#store/brief.ts';
import { findFamily, lockFamily, saveFamily } from '#store/family.ts';
import { listUnplanned, listUnplannedAfter, planTask, type UnplannedTask } from '#store/planning.ts';
import type { Reader } from '#store/seam.ts';
import { listIdleWorkers } from '#store/worker.ts';
import { TOPICS, type Engine } from './engine.ts';
import { readTrials } from './read-trials.ts';
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
  const wanted = Math.max(idle - (family.counts.pending - family.unplanned), family.counts.pending - family.unplanned + family.counts.running === 0 ? 1 : 0);
  if (wanted === 0) return 0;
  const most = Math.min(MOST_PER_PLAN, Math.ceil(wanted / brief.replicates));
  const groups = await nextGroups(reader, family.id, 'search', brief.replicates, most);
  if (groups.length === 0) return 0;
  const { trials, noise } = await readTrials(reader, family);
  const total = Math.ceil(totalCount(family.counts) / brief.replicates);
  const request: ProposalRequest = {
    space: brief.space, seed: brief.strategy.seed, options: brief.strategy.options, count: groups.length, trials, earlier: [], total,
    parallel: Math.max(1, family.counts.running + idle), noise,
  };
  return writePlan(engine, family, brief, groups, await chooseConfigurations(engine, family.id, brief, request));
}

/** The configurations of as many groups as are asked for. */
async function chooseConfigurations(engine: Engine, familyId: string, brief: Brief, request: ProposalRequest): Promise<Choice[]> {
  const answer = await engine.propose({ familyId, strategy: brief.strategy.name, request });
  const chosen = answer === 'behind' || !answer.ok ? [] : choicesOf(answer, brief.strategy.name);
  if (chosen.length >= request.count) return chosen;
  const taken = [...request.trials, ...chosen.map((choice) => openTrial(choice.config))];
  return [...chosen, ...fillIn({ ...request, trials: taken, count: request.count - chosen.length }, answer === 'behind')];
}

function choicesOf(proposal: Proposal & { ok: true }, chosenBy: string): Choice[] {
  return proposal.configurations.map((config) => ({ config, chosenBy, note: proposal.note }));
}

/** Configurations that no model chose: new ones as long as the space has any, then the first ones once more. */
function fillIn(request: ProposalRequest, isBehind: boolean): Choice[] {
  const drawn = drawDistinct(request);
  const fits = drawn.ok ? request.count : drawn.fits;
  const rest = drawn.ok ? drawn : drawDistinct({ ...request, count: fits });
  const why = isBehind ? 'The strategy had no answer yet, so that it was drawn to fill in.' : 'The strategy found nothing new, so that it was drawn to fill in.';
  const fresh = rest.ok ? rest.configurations.map((config): Choice => ({ config, chosenBy: 'fill-in', note: why })) : [];
  const again = request.trials.toSorted((left, right) => left.runs - right.runs).slice(0, request.count - fresh.length);
  return [...fresh, ...again.map(({ config }): Choice => ({ config, chosenBy: 'fill-in', note: 'Every configuration of the space was tried, so that this one runs again with another seed.' }))];
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
