import { MOST_TASKS, runsCostMicrocredits, totalCount, type Brief, type Family, type RunTerms } from '#core/brief.ts';
import { accept, refuse, type FieldIssue, type Outcome } from '#core/errors.ts';
import { creditsToPay } from '#core/ledger.ts';
import { findStrategy } from '#core/search/strategies.ts';
import { configurationKey, type Configuration } from '#core/space.ts';
import { enlargeBrief, findBrief } from '#store/brief.ts';
import { lockFamily } from '#store/family.ts';
import type { Tx } from '#store/seam.ts';
import { insertTasks, listConfigurations } from '#store/task.ts';
import { answerOnce, type OnceRequest } from './answer-once.ts';
import type { Engine } from './engine.ts';
import { askForHold } from './hold-credits.ts';
import { settleFamily } from './settle-family.ts';
import { newTask, touchBrief } from './submit-brief.ts';

/** How many tasks more, and the budget that the brief then has; null keeps the one it has. */
export type Extension = { numTasks: number; budgetMicrocredits: number | null };

/** What an extension costs: the budget that is enough for all tasks of the brief, old and new. */
export type ExtensionPrice = { tasks: number; priceMicrocredits: number; neededMicrocredits: number; budgetMicrocredits: number };

/**
 * Adds tasks to a brief: its strategy goes on where it was, with configurations that the family has not tried. A brief
 * that had ended goes on. The budget is a wall: it is raised only where the request says so.
 */
export async function extendBrief(engine: Engine, briefId: string, extension: Extension, once: OnceRequest | null = null): Promise<Outcome<{ briefId: string }>> {
  const outcome = await answerOnce(engine, once, async (tx): Promise<Outcome<{ briefId: string }>> => {
    const found = await findBrief(tx, briefId);
    const family = found === null ? null : await lockFamily(tx, found.familyId);
    const brief = await findBrief(tx, briefId);
    if (brief === null || family === null) return refuse('brief_not_found');
    if (brief.state === 'draft' || brief.state === 'cancelled') return refuse('brief_state', `A brief that is ${brief.state} cannot be extended${brief.state === 'draft' ? '; edit it' : '; clone it'}.`);
    const paid = checkPrice(brief, family, extension);
    if (!paid.ok) return paid;
    const proposed = await proposeMore(tx, brief, family, extension.numTasks);
    if (!proposed.ok) return proposed;
    const added = await addTasks(engine, tx, brief, family, { configurations: proposed.value, count: extension.numTasks, budgetMicrocredits: paid.value });
    return added.ok ? accept({ briefId }) : added;
  });
  if (outcome.ok) engine.log.info({ brief_id: briefId, tasks: extension.numTasks }, 'brief extended');
  return outcome;
}

/** What so many more tasks cost, and the budget that is enough for them with all that may run already and all that failures were paid. */
export function extensionPrice(brief: RunTerms & Pick<Brief, 'budgetMicrocredits' | 'spentMicrocredits'>, family: Pick<Family, 'counts'>, numTasks: number): ExtensionPrice {
  const neededMicrocredits = runsCostMicrocredits(totalCount(family.counts) + numTasks, brief) + failuresCost(brief, family);
  return { tasks: numTasks, priceMicrocredits: runsCostMicrocredits(numTasks, brief), neededMicrocredits, budgetMicrocredits: brief.budgetMicrocredits };
}

/** What was paid for failed attempts. */
function failuresCost(brief: RunTerms & Pick<Brief, 'spentMicrocredits'>, family: Pick<Family, 'counts'>): number {
  return Math.max(0, brief.spentMicrocredits - runsCostMicrocredits(family.counts.completed, brief));
}

/** The budget after an extension, or why it is not enough, at the field that says how much. */
export function checkPrice(brief: Brief, family: Family, extension: Extension): Outcome<number> {
  const budget = Math.max(extension.budgetMicrocredits ?? 0, brief.budgetMicrocredits);
  const before = totalCount(family.counts);
  if (before + extension.numTasks > MOST_TASKS) return refuseField('num_tasks', `can be at most ${Math.max(0, MOST_TASKS - before)}: a brief holds ${MOST_TASKS} tasks and this one has ${before}`);
  const { neededMicrocredits } = extensionPrice(brief, family, extension.numTasks);
  if (neededMicrocredits <= budget) return accept(budget);
  const failures = failuresCost(brief, family);
  const tasks = `${before + extension.numTasks} tasks of ${brief.timeBudgetSeconds} s cost ${creditsToPay(neededMicrocredits - failures)} credits`;
  return refuseField('budget_credits', `${tasks}${failures === 0 ? '' : `, with what was paid for failed attempts ${creditsToPay(neededMicrocredits)}`}; the budget is ${creditsToPay(budget)}`);
}

async function proposeMore(tx: Tx, brief: Brief, family: Family, numTasks: number): Promise<Outcome<Configuration[]>> {
  const tried = await listConfigurations(tx, family.id, MOST_TASKS);
  const taken = [...new Map(tried.map((config) => [configurationKey(config), config])).values()];
  const proposal = findStrategy(brief.strategy.name)?.propose({ space: brief.space, seed: brief.strategy.seed, options: brief.strategy.options, count: Math.ceil(numTasks / brief.replicates), taken });
  if (proposal === undefined) return refuse('invalid_brief', `The strategy ${brief.strategy.name} is not one of this server any more.`);
  if (proposal.ok) return accept(proposal.configurations);
  const most = proposal.fits * brief.replicates;
  const detail = `The search space has ${proposal.fits} configurations that were not tried, which is enough for ${most} more tasks; ${numTasks} were asked for.`;
  return refuse('space_too_small', detail, [{ path: 'num_tasks', message: most === 0 ? 'finds nothing new: every configuration of this search space was tried' : `can be at most ${most} in this search space` }]);
}

/** New tasks of a locked family, whose cost is held; replicates of a configuration stand together. Refused, nothing has changed. */
export async function addTasks(engine: Engine, tx: Tx, brief: Brief, family: Family, added: { configurations: Configuration[]; count: number; budgetMicrocredits: number; seed?: number }): Promise<Outcome<string[]>> {
  const before = totalCount(family.counts);
  const cover = await askForHold(tx, brief, family, { ...family.counts, pending: family.counts.pending + added.count }, added.budgetMicrocredits);
  if (!cover.ok) return cover;
  const tasks = Array.from({ length: added.count }, (_, index) => {
    const config = added.configurations[Math.floor(index / brief.replicates)] ?? {};
    const task = newTask(engine, brief, before + index + 1, config);
    return { ...task, priority: brief.priority - (index % brief.replicates), seed: added.seed ?? task.seed };
  });
  await insertTasks(tx, tasks, brief.ownerId);
  await enlargeBrief(tx, brief.id, before + added.count, added.budgetMicrocredits);
  await settleFamily(engine, tx, family, tasks.map(() => ({ from: null, to: 'pending', workerId: null })), cover.value);
  touchBrief(tx, brief);
  return accept(tasks.map((task) => task.id));
}

function refuseField(path: string, message: string): { ok: false; refusal: { code: 'invalid_brief'; detail: string; issues: FieldIssue[] } } {
  return { ok: false, refusal: { code: 'invalid_brief', detail: `${path}: ${message}.`, issues: [{ path, message }] } };
}
