import { listFamiliesToPlan } from '#store/planning.ts';
import { TOPICS, type Engine } from './engine.ts';
import { planTasks } from './plan-tasks.ts';

const FAMILIES_PER_LOOK = 200;
/** A worker that comes free is noticed by the families that it did not work for within this time. */
const LOOK_EVERY_MS = 250;

/**
 * Keeps idle places supplied with planned tasks until stopped: at once, after every commit that changes a family whose
 * tasks wait for their configurations, and when workers come. Every server node does; the database decides who was first.
 *
 * @returns stops it and resolves when what goes on has ended
 */
export function startPlanning(engine: Engine): () => Promise<void> {
  const stopping = new AbortController();
  const busy = new Map<string, { again: boolean; ended: Promise<void> }>();
  let waiting = new Set<string>();
  let looking: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | null = null;

  const planInTurn = async (familyId: string, round: { again: boolean }): Promise<void> => {
    do {
      round.again = false;
      await planTasks(engine, familyId).catch((error: unknown) => engine.log.error({ err: error, family_id: familyId }, 'planning failed'));
    } while (round.again && !stopping.signal.aborted);
    busy.delete(familyId);
  };
  const plan = (familyId: string): void => {
    const before = busy.get(familyId);
    if (before !== undefined) {
      before.again = true;
      return;
    }
    const round = { again: false, ended: Promise.resolve() };
    busy.set(familyId, round);
    round.ended = planInTurn(familyId, round);
  };
  const look = async (): Promise<void> => {
    const found = await listWaiting(engine).catch((error: unknown) => {
      engine.log.error({ err: error }, 'planning failed');
      return waiting;
    });
    waiting = found;
    if (!stopping.signal.aborted) for (const familyId of found) plan(familyId);
  };
  const lookSoon = (afterMs: number): void => {
    if (stopping.signal.aborted || (timer !== null && afterMs > 0)) return;
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      looking = looking.then(look);
    }, afterMs);
  };
  const unwatch = engine.store.watch((topics) => {
    // A commit of a brief whose configurations are all there costs no more than this.
    if (topics.has(TOPICS.work)) return lookSoon(0);
    if (waiting.size === 0) return undefined;
    for (const familyId of waiting) if (topics.has(TOPICS.family(familyId))) plan(familyId);
    if (topics.has(TOPICS.workers)) lookSoon(LOOK_EVERY_MS);
    return undefined;
  });
  lookSoon(0);
  return async () => {
    stopping.abort();
    unwatch();
    if (timer !== null) clearTimeout(timer);
    await looking;
    await Promise.all([...busy.values()].map((round) => round.ended));
  };
}

async function listWaiting(engine: Engine): Promise<Set<string>> {
  const found = new Set<string>();
  for (let after = ''; ; ) {
    const page = await listFamiliesToPlan(engine.store.reader, { limit: FAMILIES_PER_LOOK, after });
    for (const id of page) found.add(id);
    if (page.length < FAMILIES_PER_LOOK) return found;
    after = page.at(-1) ?? after;
  }
}
