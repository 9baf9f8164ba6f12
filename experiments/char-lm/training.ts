import type { Configuration } from "./configuration.ts";
import { evaluationBatches, trainingBatch } from "./data.ts";
import type { Batch } from "./data.ts";
import { paceOf } from "./pace.ts";
import type { Pace } from "./pace.ts";
import { randomSource, streamSeed } from "./random.ts";
import { learningRateFactor } from "./schedule.ts";
import { corpusOf } from "./text.ts";
import { trainerOf } from "./trainer.ts";
import type { Trainer } from "./trainer.ts";

export type Progress = {
  step: number;
  /** Mean over the steps since the line before, in nats per character. */
  train_loss: number;
  val_bpb?: number;
};

export type Result = {
  /** Bits per byte of UTF-8 over the evaluated targets. */
  val_bpb: number;
  /** Mean over the last steps, in nats per character; of the untrained model if no step fitted. */
  train_loss: number;
  steps_completed: number;
  /** From the first step to the end of the final evaluation. */
  wall_time_seconds: number;
  device_used: string;
  model_params: number;
  /** Targets in the final evaluation. */
  val_tokens: number;
};

const BATCHES_STREAM = 1;
const REPORT_INTERVAL_SECONDS = 0.25;
const RECENT_STEPS = 20;
const SLOW_STEP_SECONDS = 1;

/**
 * Trains and evaluates one model. Knows neither Node nor a browser: it needs WebAssembly and a clock.
 *
 * The kernels are compiled first, and a step and an evaluation batch are measured; then the budget
 * starts. The learning rate follows the elapsed share of the time for training, or the share of
 * `max_steps` where that is given; then the result depends on the configuration and the text alone,
 * unless the time runs out before. Where not even one step fits, the value of the untrained model,
 * taken while measuring, is the result.
 *
 * @param text the whole text, split here by position
 * @param report takes a few lines a second
 * @param now clock in milliseconds
 */
export async function train(
  configuration: Configuration,
  text: string,
  report: (progress: Progress) => void,
  now: () => number = () => performance.now(),
): Promise<Result> {
  const corpus = corpusOf(text);
  const { context_length: contextLength, batch_size: rows } = configuration;
  const trainer = await trainerOf(configuration, corpus.vocabulary.length);
  const random = randomSource(streamSeed(configuration.seed, BATCHES_STREAM));
  const nextBatch = (): Batch => trainingBatch(corpus, random, rows, contextLength);
  const batches = evaluationBatches(corpus, contextLength);
  const untrained = measure(trainer, nextBatch(), batches.slice(0, 1), now);
  const pace = paceOf(configuration, untrained, batches.length);

  const start = now();
  const elapsed = (): number => (now() - start) / 1000;
  const afterStep = progressLines(trainer, pace, batches, report, elapsed);
  const losses = trainingLoop(configuration, trainer, pace, nextBatch, elapsed, afterStep);
  const steps = losses.length;
  const fits = (done: number): boolean => pace.fitsEvaluation(done, steps, elapsed());
  const final = steps === 0 ? untrained.evaluation : evaluate(trainer, batches, fits);
  return {
    val_bpb: final.bitsPerByte,
    train_loss: steps === 0 ? untrained.loss : mean(losses.slice(-RECENT_STEPS)),
    steps_completed: steps,
    wall_time_seconds: elapsed(),
    device_used: "cpu",
    model_params: trainer.layout.parameterCount,
    val_tokens: final.tokens,
  };
}

/** Steps until the time or the steps are used up; answers the loss of each. */
function trainingLoop(
  configuration: Configuration,
  trainer: Trainer,
  pace: Pace,
  nextBatch: () => Batch,
  elapsed: () => number,
  afterStep: (losses: number[], progress: number) => void,
): number[] {
  const { lr, lr_schedule: schedule, warmup_fraction: warmupFraction } = configuration;
  const losses: number[] = [];
  while (true) {
    const before = elapsed();
    if (!pace.fitsStep(losses.length, before)) return losses;
    const progress = pace.progress(losses.length, before);
    const { inputs, targets } = nextBatch();
    losses.push(trainer.step(inputs, targets, lr * learningRateFactor(schedule, warmupFraction, progress)));
    pace.observeStep(elapsed() - before);
    afterStep(losses, progress);
  }
}

/** Reports losses every quarter of a second, and evaluates at even shares of the run in between. */
function progressLines(
  trainer: Trainer,
  pace: Pace,
  batches: Batch[],
  report: (progress: Progress) => void,
  elapsed: () => number,
): (losses: number[], progress: number) => void {
  const { count, batches: batchCount } = pace.intermediate;
  let evaluations = 0;
  let reportedSteps = 0;
  let reportedAt = Number.NEGATIVE_INFINITY;
  return (losses, progress) => {
    const reached = Math.min(count, Math.floor(progress * (count + 1)));
    const due = reached > evaluations;
    if (!due && elapsed() - reportedAt < REPORT_INTERVAL_SECONDS) return;
    const line: Progress = { step: losses.length, train_loss: mean(losses.slice(reportedSteps)) };
    if (due) {
      evaluations = reached;
      const before = elapsed();
      line.val_bpb = evaluate(trainer, batches.slice(0, batchCount)).bitsPerByte;
      pace.observeEvaluation((elapsed() - before) / batchCount);
    }
    report(line);
    reportedSteps = losses.length;
    reportedAt = elapsed();
  };
}

type Evaluation = { bitsPerByte: number; tokens: number };

/** Evaluates batch after batch as long as `fits` allows, given the number that are done. */
function evaluate(trainer: Trainer, batches: Batch[], fits: (batchesDone: number) => boolean = () => true): Evaluation {
  let nats = 0;
  let bytes = 0;
  let tokens = 0;
  for (const [done, batch] of batches.entries()) {
    if (!fits(done)) break;
    nats += trainer.losses(batch.inputs, batch.targets).reduce((sum, loss) => sum + loss, 0);
    bytes += batch.targetBytes;
    tokens += batch.targets.length;
  }
  return { bitsPerByte: nats / Math.LN2 / bytes, tokens };
}

type Measured = { stepSeconds: number; evaluationSeconds: number; loss: number; evaluation: Evaluation };

/**
 * Compiles everything by running it once, then takes the shorter time of two gradients and of two
 * evaluation batches: the longer one may be another process's doing.
 */
function measure(trainer: Trainer, batch: Batch, evaluationBatch: Batch[], now: () => number): Measured {
  let stepSeconds = Infinity;
  let evaluationSeconds = Infinity;
  let { loss } = trainer.gradient(batch.inputs, batch.targets);
  let evaluation = evaluate(trainer, evaluationBatch);
  for (let repetition = 0; repetition < 2; repetition++) {
    const start = now();
    ({ loss } = trainer.gradient(batch.inputs, batch.targets));
    const middle = now();
    evaluation = evaluate(trainer, evaluationBatch);
    stepSeconds = Math.min(stepSeconds, (middle - start) / 1000);
    evaluationSeconds = Math.min(evaluationSeconds, (now() - middle) / 1000);
    // A second look at so long a step would be dear, and no short disturbance explains it.
    if (stepSeconds > SLOW_STEP_SECONDS) break;
  }
  return { stepSeconds, evaluationSeconds, loss, evaluation };
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
