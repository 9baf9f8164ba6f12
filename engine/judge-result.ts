import type { Family } from '#core/brief.ts';
import { implausibility, type Circumstances } from '#core/plausible.ts';
import { judgeResult, type Result, type Verdict } from '#core/result.ts';
import type { Attempt, Task } from '#core/task.ts';
import { latestPoints } from '#store/point.ts';
import type { Reader } from '#store/seam.ts';
import { listEarlierRuns } from '#store/task.ts';
import type { Engine } from './engine.ts';

/** The end of a curve says where it was going; a whole one may be long. */
const MOST_POINTS = 64;
const MOST_EARLIER = 8;

/**
 * Decides whether the result of an attempt has a value: one that is possible for the metric, and that nothing the server
 * knows of the run speaks against. Where the family's results are verified, strangers may be paid for them, and more is looked at.
 */
export async function judgeAttempt(engine: Engine, reader: Reader, family: Family, task: Task, attempt: Attempt, result: Result): Promise<Verdict> {
  const verdict = judgeResult(family.metric, result);
  if (!verdict.ok) return verdict;
  const isStrict = family.verification !== null;
  const circumstances: Circumstances = {
    elapsedSeconds: (engine.now() - attempt.startedAt) / 1000,
    timeBudgetSeconds: task.timeBudgetSeconds,
    longestSeconds: (attempt.deadlineAt - attempt.startedAt) / 1000,
    isLimitedBySteps: typeof task.config['max_steps'] === 'number',
    latest: await latestPoints(reader, task.id, attempt.attempt, family.metric.name, MOST_POINTS),
    earlier: isStrict ? await listEarlierRuns(reader, attempt.workerId, family.id, MOST_EARLIER) : [],
  };
  const error = implausibility(family.metric, verdict.value, result.metrics, circumstances, { isStrict });
  return error === null ? verdict : { ok: false, error };
}
