import type { Configuration } from "./configuration.ts";

/** Training is planned so that the final evaluation ends at this share of the budget. */
const USED_SHARE = 0.9;

/** If the machine slows down during the final evaluation, that may last until here. */
const LATEST_SHARE = 0.97;

/** Most of the usable time for the final evaluation, and for all evaluations before it. */
const FINAL_EVALUATION_SHARE = 0.2;
const INTERMEDIATE_EVALUATION_SHARE = 0.08;
const MOST_INTERMEDIATE_EVALUATIONS = 12;

/** So that a short run does not write more lines than its readers want. */
const INTERMEDIATE_EVALUATIONS_PER_SECOND = 1.5;

/** Room for a final evaluation that is slower than those before it. */
const SAFETY_FACTOR = 1.15;

/** Weight of the newest duration in the running means. */
const NEWEST_WEIGHT = 0.2;

/** How a run divides its time: what a step and an evaluation batch take, and what that leaves room for. */
export type Pace = {
  observeStep: (seconds: number) => void;
  /** Seconds of one batch. */
  observeEvaluation: (seconds: number) => void;
  /** Whether a further step ends before the time of the final evaluation. */
  fitsStep: (step: number, elapsedSeconds: number) => boolean;
  /** Share of the run in [0, 1], at the middle of the step that starts now. */
  progress: (step: number, elapsedSeconds: number) => number;
  /** Evaluations before the final one, evenly spread, and the batches of each. */
  intermediate: { count: number; batches: number };
  /** Whether the final evaluation, with so many batches done, has time for one more. */
  fitsEvaluation: (batchesDone: number, steps: number, elapsedSeconds: number) => boolean;
};

/**
 * With a time budget, the elapsed share of the training time is the progress; the reserve for the
 * final evaluation follows what evaluation batches are seen to take. With `max_steps` the share of
 * those is, and a run that completes them is evaluated in full, whatever the clock says.
 */
export function paceOf(
  configuration: Configuration,
  measured: { stepSeconds: number; evaluationSeconds: number },
  batches: number,
): Pace {
  const { max_steps: maxSteps, time_budget_seconds: budgetSeconds = Infinity } = configuration;
  const usableSeconds = budgetSeconds * USED_SHARE;
  let { stepSeconds, evaluationSeconds } = measured;

  const trainingSeconds = (): number => {
    const batchSeconds = evaluationSeconds * SAFETY_FACTOR;
    const affordable = Math.max(1, Math.floor((usableSeconds * FINAL_EVALUATION_SHARE) / batchSeconds));
    return usableSeconds - Math.min(batches, affordable) * batchSeconds;
  };
  const affordableBatches = (usableSeconds * INTERMEDIATE_EVALUATION_SHARE) / evaluationSeconds;
  const count = Math.floor(
    Math.min(MOST_INTERMEDIATE_EVALUATIONS, affordableBatches, usableSeconds * INTERMEDIATE_EVALUATIONS_PER_SECOND),
  );
  // Without a budget there is no share to take, and one batch is enough for a curve.
  const perEvaluation = Number.isFinite(affordableBatches) ? Math.floor(affordableBatches / Math.max(1, count)) : 1;
  return {
    observeStep: (seconds) => {
      stepSeconds += NEWEST_WEIGHT * (seconds - stepSeconds);
    },
    observeEvaluation: (seconds) => {
      evaluationSeconds += NEWEST_WEIGHT * (seconds - evaluationSeconds);
    },
    fitsStep: (step, elapsedSeconds) =>
      step < (maxSteps ?? Infinity) && elapsedSeconds + stepSeconds <= trainingSeconds(),
    progress: (step, elapsedSeconds) => {
      const share = maxSteps === undefined ? (elapsedSeconds + stepSeconds / 2) / trainingSeconds() : (step + 0.5) / maxSteps;
      return Math.min(1, share);
    },
    intermediate: { count, batches: Math.min(batches, perEvaluation) },
    fitsEvaluation: (batchesDone, steps, elapsedSeconds) =>
      batchesDone === 0 || steps === maxSteps || elapsedSeconds + evaluationSeconds <= budgetSeconds * LATEST_SHARE,
  };
}
