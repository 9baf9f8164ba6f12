import type { Family } from '#core/brief.ts';
import { addValue, EMPTY_ROLLUP, type Rollup } from '#core/rollup.ts';
import { comparableHistory, type HistoryRun } from '#core/search/history.ts';
import type { Trial } from '#core/search/strategy.ts';
import { configurationKey } from '#core/space.ts';
import { pooledNoise } from '#core/stats/noise.ts';
import { listSearchRuns, type SearchRun } from '#store/planning.ts';
import type { Reader } from '#store/seam.ts';

/** What a search has found out: its configurations in the order of their tasks' numbers, and how much equal runs differ. */
export type Findings = { trials: Trial[]; noise: number | null };

const RUNS_PER_READ = 1000;

/** Everything that is known of the configurations of a family: the same whatever the database and the order of results. */
export async function readTrials(reader: Reader, family: Pick<Family, 'id' | 'metric'>): Promise<Findings> {
  const runs: HistoryRun[] = [];
  for (let after = 0; ; ) {
    const page = await listSearchRuns(reader, family.id, { limit: RUNS_PER_READ, after });
    for (const run of page) runs.push(toHistoryRun(run, family));
    if (page.length < RUNS_PER_READ) break;
    after = page.at(-1)?.number ?? after;
  }
  return { trials: comparableHistory(runs).trials, noise: noiseBetween(runs, family) };
}

function toHistoryRun({ config, state, value, error, classId }: SearchRun, { metric }: Pick<Family, 'metric'>): HistoryRun {
  const loss = value === null || metric.direction === 'minimize' ? value : -value;
  const known = { config, loss, stopped: null, hardwareClass: classId };
  if (value !== null) return { ...known, state: 'measured' };
  return { ...known, state: state === 'pending' || state === 'running' ? 'open' : error?.kind === 'pruned' ? 'pruned' : 'failed' };
}

/** The pooled deviation between runs of one configuration in one hardware class. */
function noiseBetween(runs: readonly HistoryRun[], { metric }: Pick<Family, 'metric'>): number | null {
  const groups = new Map<string, Rollup>();
  for (const { config, loss, hardwareClass } of runs) {
    if (loss === null) continue;
    const key = `${hardwareClass ?? ''} ${configurationKey(config)}`;
    groups.set(key, addValue(groups.get(key) ?? EMPTY_ROLLUP, metric, loss, ''));
  }
  return pooledNoise(groups.values())?.deviation ?? null;
}
