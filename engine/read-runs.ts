import { setImmediate } from 'node:timers/promises';
import type { Family } from '#core/brief.ts';
import { assert } from '#core/errors.ts';
import type { HistoryRun } from '#core/search/history.ts';
import type { Configuration } from '#core/space.ts';
import { findConfigurations, listSearchRuns, type SearchRun } from '#store/planning.ts';
import type { Reader, Store } from '#store/seam.ts';

/** A portion takes about a millisecond, for which nobody else is served. */
const RUNS_PER_READ = 500;
const MOST_FAMILIES = 32;

/** Runs by their numbers, of the families that were read last. */
const known = new WeakMap<Store, Map<string, Map<number, HistoryRun>>>();

/**
 * Everything that a search knows of a family, by the numbers of its tasks: the same whatever the database and the order of
 * results. A run that has not changed since the last time is the same object.
 */
export async function readRuns(store: Store, family: Pick<Family, 'id' | 'metric'>): Promise<HistoryRun[]> {
  const before = keptRuns(store, family.id);
  const runs: HistoryRun[] = [];
  for (let after = 0; ; ) {
    const page = await listSearchRuns(store.reader, family.id, { limit: RUNS_PER_READ, after });
    runs.push(...(await withConfigurations(store.reader, family, page, before)));
    if (page.length < RUNS_PER_READ) return runs;
    after = page.at(-1)?.number ?? after;
    await setImmediate();
  }
}

async function withConfigurations(reader: Reader, family: Pick<Family, 'id' | 'metric'>, page: readonly SearchRun[], before: Map<number, HistoryRun>): Promise<HistoryRun[]> {
  const configurations = await findConfigurations(reader, family.id, page.map((run) => run.number).filter((number) => !before.has(number)));
  return page.map((run) => {
    const kept = before.get(run.number);
    const config = kept?.config ?? configurations.get(run.number);
    assert(config !== undefined, 'a task keeps its configuration');
    const now = toHistoryRun(run, config, family);
    if (kept !== undefined && kept.state === now.state && kept.loss === now.loss) return kept;
    before.set(run.number, now);
    return now;
  });
}

function toHistoryRun({ state, value, error }: SearchRun, config: Configuration, { metric }: Pick<Family, 'metric'>): HistoryRun {
  const loss = value === null || metric.direction === 'minimize' ? value : -value;
  const about = { config, loss, stopped: null, hardwareClass: null };
  if (value !== null) return { ...about, state: 'measured' };
  return { ...about, state: state === 'pending' || state === 'running' ? 'open' : error?.kind === 'pruned' ? 'pruned' : 'failed' };
}

/** Those read last stay; one that is not planned any more makes room. */
function keptRuns(store: Store, familyId: string): Map<number, HistoryRun> {
  const families = known.get(store) ?? new Map<string, Map<number, HistoryRun>>();
  known.set(store, families);
  const runs = families.get(familyId) ?? new Map<number, HistoryRun>();
  families.delete(familyId);
  families.set(familyId, runs);
  const [oldest] = families.keys();
  if (families.size > MOST_FAMILIES && oldest !== undefined) families.delete(oldest);
  return runs;
}
