import { checkBrief, NO_COUNTS, runsCostMicrocredits, type Brief, type BriefRequest, type CheckedBrief, type Family } from '#core/brief.ts';
import { accept, assert, refuse, type Outcome } from '#core/errors.ts';
import { EMPTY_ROLLUP } from '#core/rollup.ts';
import { findStrategy } from '#core/search/strategies.ts';
import type { Configuration } from '#core/space.ts';
import type { Task } from '#core/task.ts';
import { insertBrief } from '#store/brief.ts';
import { findExperiment, findWithdrawal, listExperiments, type RegisteredExperiment } from '#store/experiment.ts';
import { insertFamily, saveFamily } from '#store/family.ts';
import type { Tx } from '#store/seam.ts';
import { insertTasks } from '#store/task.ts';
import { shiftBriefState, shiftTotals } from '#store/totals.ts';
import { answerOnce, earlierAnswer, type OnceRequest } from './answer-once.ts';
import { TOPICS, type Engine } from './engine.ts';
import { askForHold, coverHold, withMove } from './hold-credits.ts';
import { newId } from './id.ts';

const MOST_EXPERIMENTS = 1000;

/** A request that can be run: what it becomes once it is stored. */
export type PlannedBrief = { registered: RegisteredExperiment; checked: CheckedBrief; configurations: Configuration[] };

/**
 * Checks a request and chooses its configurations, without storing anything: what a preview shows and a submission uses.
 */
export async function planBrief(engine: Engine, request: BriefRequest): Promise<Outcome<PlannedBrief>> {
  await engine.refreshExperiments();
  const registered = await findExperiment(engine.store.reader, request.experiment);
  if (registered === null) {
    const names = (await listExperiments(engine.store.reader, MOST_EXPERIMENTS)).map((one) => one.experiment.name);
    return refuse('invalid_brief', `There is no experiment "${request.experiment}".`, [{ path: 'experiment', message: `is not an experiment of this server; it has ${names.join(', ') || 'none'}` }]);
  }
  if ((await findWithdrawal(engine.store.reader, registered.packageSha256)) !== null) return refuse('package_withdrawn', undefined, [{ path: 'experiment', message: 'runs a package that was withdrawn' }]);
  const { checked, issues } = checkBrief(request, registered.experiment);
  if (issues.length > 0) return refuse('invalid_brief', `${issues[0]?.path}: ${issues[0]?.message}.`, issues);
  const configurations = proposeConfigurations({ ...request, space: checked.space }, []);
  return configurations.ok ? accept({ registered, checked, configurations: configurations.value }) : configurations;
}

/**
 * Turns a researcher's request into a brief and its family, and, unless it is a draft, into pending tasks: all of it
 * in one transaction, or a refusal that changed nothing.
 */
export async function submitBrief(engine: Engine, ownerId: string, request: BriefRequest, once: OnceRequest | null): Promise<Outcome<{ briefId: string }>> {
  // A repetition is answered as it was then, even where the experiment has changed and would refuse it now.
  const earlier = once === null ? null : await earlierAnswer<{ briefId: string }>(engine.store.reader, once);
  if (earlier !== null) return earlier;
  const planned = await planBrief(engine, request);
  if (!planned.ok) return planned;
  const outcome = await answerOnce(engine, once, async (tx) => {
    const { brief, family } = describeBrief(engine, ownerId, request, planned.value);
    const price = request.draft ? accept(0) : await askForHold(tx, brief, family, { pending: brief.numTasks, running: 0 }, brief.budgetMicrocredits);
    if (!price.ok) return price;
    await insertBrief(tx, brief);
    await insertFamily(tx, family);
    await shiftTotals(tx, family.id, { briefs: 1, families: 1 });
    await shiftBriefState(tx, family.id, null, brief.state);
    if (!request.draft) await coverHold(engine, tx, await startTasks(engine, tx, brief, family, planned.value.configurations, price.value), price.value);
    touchBrief(tx, brief);
    return accept({ briefId: brief.id });
  });
  if (outcome.ok) engine.log.info({ brief_id: outcome.value.briefId, tasks: request.draft ? 0 : request.numTasks }, 'brief submitted');
  return outcome;
}

/** The configurations of a brief: as many as its tasks need, given those its family has already. */
export function proposeConfigurations(brief: Pick<Brief, 'strategy' | 'space' | 'numTasks' | 'replicates'>, taken: Configuration[]): Outcome<Configuration[]> {
  const strategy = findStrategy(brief.strategy.name);
  assert(strategy !== null, `strategy ${brief.strategy.name} was checked and exists`);
  const count = Math.ceil(brief.numTasks / brief.replicates);
  const proposal = strategy.propose({ space: brief.space, seed: brief.strategy.seed, options: brief.strategy.options, count, taken });
  if (proposal.ok) return accept(proposal.configurations);
  const most = proposal.fits * brief.replicates;
  const detail = `The search space holds ${proposal.fits} distinct configurations, which is enough for ${most} tasks; ${brief.numTasks} were asked for.`;
  return refuse('space_too_small', detail, [{ path: 'num_tasks', message: `can be at most ${most} in this search space` }]);
}

/**
 * Writes the tasks of a brief that starts to run: replicates of a configuration stand together, and every task has its own
 * seed. A further replicate comes a priority later, so that every configuration is tried once before any is repeated.
 *
 * @param price what is held for them once this is done
 * @returns the family as it is saved
 */
export async function startTasks(engine: Engine, tx: Tx, brief: Brief, family: Family, configurations: Configuration[], price: number): Promise<Family> {
  const tasks = Array.from({ length: brief.numTasks }, (_, index): Task => {
    const config = configurations[Math.floor(index / brief.replicates)];
    assert(config !== undefined, 'there is a configuration for every task');
    return { ...newTask(engine, brief, index + 1, config), priority: brief.priority - (index % brief.replicates) };
  });
  await insertTasks(tx, tasks, brief.ownerId);
  const saved: Family = { ...family, state: 'running', counts: { ...NO_COUNTS, pending: tasks.length }, ...withMove(family, price) };
  await saveFamily(tx, saved);
  await shiftTotals(tx, family.id, { pending: tasks.length });
  tx.touch(TOPICS.work);
  return saved;
}

/** A pending task of a brief; each number has its own seed. */
export function newTask(engine: Engine, brief: Brief, number: number, config: Configuration): Task {
  return {
    id: `${brief.familyId}-${number}`,
    familyId: brief.familyId,
    briefId: brief.id,
    number,
    state: 'pending',
    config,
    seed: brief.strategy.seed + number - 1,
    timeBudgetSeconds: brief.timeBudgetSeconds,
    priority: brief.priority,
    attempt: 0,
    attemptsBefore: 0,
    audits: 0,
    workerId: null,
    value: null,
    metrics: null,
    error: null,
    createdAt: engine.now(),
    startedAt: null,
    finishedAt: null,
  };
}

/** Announces that a brief, its family and the lists that show them changed. */
export function touchBrief(tx: Tx, brief: Pick<Brief, 'id' | 'familyId'>): void {
  for (const topic of [TOPICS.briefs, TOPICS.brief(brief.id), TOPICS.families, TOPICS.family(brief.familyId), TOPICS.tasks, TOPICS.stats]) tx.touch(topic);
}

/** What a request becomes once it is stored; only a draft is left without tasks. */
export function describeBrief(engine: Engine, ownerId: string, request: BriefRequest, planned: PlannedBrief): { brief: Brief; family: Family } {
  const { registered, checked } = planned;
  const createdAt = engine.now();
  const state = request.draft ? 'draft' : 'running';
  const brief: Brief = {
    id: newId(engine),
    ownerId,
    familyId: newId(engine),
    title: request.title,
    goal: request.goal,
    experiment: request.experiment,
    strategy: request.strategy,
    space: checked.space,
    numTasks: request.numTasks,
    replicates: request.replicates,
    timeBudgetSeconds: checked.timeBudgetSeconds,
    budgetMicrocredits: request.budgetMicrocredits,
    spentMicrocredits: 0,
    runPriceMicrocredits: checked.runPriceMicrocredits,
    runFeeMicrocredits: checked.runFeeMicrocredits,
    hardwareProfile: request.hardwareProfile,
    requires: checked.requires,
    priority: request.priority,
    verification: request.verification,
    state,
    createdAt,
    launchedAt: request.draft ? null : createdAt,
    finishedAt: null,
  };
  const family: Family = {
    id: brief.familyId,
    briefId: brief.id,
    ownerId,
    name: brief.title,
    experiment: brief.experiment,
    packageSha256: registered.packageSha256,
    metric: registered.experiment.metric,
    baseline: null,
    needs: registered.experiment.needs,
    requires: checked.requires,
    verification: request.verification,
    state,
    counts: NO_COUNTS,
    rollup: EMPTY_ROLLUP,
    median: null,
    heldMicrocredits: 0,
    holdMoves: 0,
    runCostMicrocredits: runsCostMicrocredits(1, checked),
    runFeeMicrocredits: checked.runFeeMicrocredits,
    version: 0,
    createdAt,
  };
  return { brief, family };
}
