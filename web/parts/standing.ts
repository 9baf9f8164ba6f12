import { MOST_TASKS, totalCount, type Family } from '#core/brief.ts';
import { isBetter } from '#core/experiment.ts';
import { rankConfigurations, type Ranking } from '#core/stats/ranking.ts';
import type { Reader } from '#store/seam.ts';
import { createKept } from '#web/parts/pictures/kept.ts';
import { readRuns } from '#web/parts/pictures/runs.ts';

/** The ranking of a campaign's configurations as pages need it. */
export type Standing = Ranking & {
  /** How many are tied with the leader; `tied` holds the first of them. */
  tiedCount: number;
  /** How many runs it was made from where that is not all of them. */
  only: number | null;
};

const MOST_TIED = 20;
const MOST_KEPT = 200;

const kept = createKept<Standing | null>(MOST_KEPT, () => 1);

/** Whether the leader has a value that would be the best of its family, and that no audit has confirmed yet. */
export function isUnverified({ leader }: Pick<Standing, 'leader'>, { verification, metric, rollup }: Pick<Family, 'verification' | 'metric' | 'rollup'>): boolean {
  const { best } = leader.rollup;
  return verification !== null && best !== null && (rollup.best === null || isBetter(metric, best, rollup.best));
}

/** Ranks the configurations of a family, once per set of values; null before the first value. */
export function readStanding(reader: Reader, family: Pick<Family, 'id' | 'version' | 'metric' | 'rollup' | 'counts'>): Promise<Standing | null> {
  const { id, metric, rollup, counts } = family;
  // Not the version: that also grows when a task is handed out, which changes no rank.
  return kept(reader, id, `${rollup.n} ${rollup.mean} ${rollup.m2}`, async () => {
    const runs = await readRuns(reader, family);
    const ranking = rankConfigurations(runs, metric);
    return ranking === null ? null : { ...ranking, tied: ranking.tied.slice(0, MOST_TIED), tiedCount: ranking.tied.length, only: totalCount(counts) > MOST_TASKS ? runs.length : null };
  });
}
