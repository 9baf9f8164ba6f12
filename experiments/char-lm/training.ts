import type { Configuration } from "./configuration.ts";
import { evaluationBatches, trainingBatch } from "./data.ts";
import type { Batch } from "./data.ts";
import { randomSource, streamSeed } from "./random.ts";
import { learningRateFactor } from "./schedule.ts";
import { corpusOf } from "./text.ts";
import { trainerOf } from "./trainer.ts";
import type { Trainer } from "./trainer.ts";

export type Progress = { step: number; train_loss: number; val_bpb?: number };

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

/** The run ends itself, final evaluation included, at this share of its budget. */
const USED_SHARE = 0.9;

/** Most of the usable time for the final evaluation, and for all evaluations before it. */
const FINAL_EVALUATION_SHARE = 0.15;
const INTERMEDIATE_EVALUATION_SHARE = 0.08;
const INTERMEDIATE_EVALUATIONS = 12;

/** A slower batch than the measured one must still fit. */
const SAFETY_FACTOR = 1.25;

const REPORT_INTERVAL_SECONDS = 0.25;
const RECENT_STEPS = 20;

/**
 * Trains and evaluates one model. Knows neither Node nor a browser: it needs WebAssembly and a clock.
 *
 * The kernels are compiled first, and one step and one evaluation batch are measured; then the budget
 * starts. The rate follows the elapsed share of the time for training, or the share of `max_steps`
 * where that is given; then the result depends on the configuration and the text alone, unless the
 * time runs out before. Where not even one step fits, the untrained model's value is the result.
 *
 * @param now clock in milliseconds
 */
export async function train(
  configuration: Configuration,
  text: string,
  report: (progress: Progress) => void,
  now: () => number = () => performance.now(),
): Promise<Result> {
  const corpus = corpusOf(text);
  const { context_length: contextLength, batch_size: rows, max_steps: maxSteps } = configuration;
  const trainer = await trainerOf(configuration, corpus.vocabulary.length);
  const random = randomSource(streamSeed(configuration.seed, BATCHES_STREAM));
  const nextBatch = (): Batch => trainingBatch(corpus, random, rows, contextLength);
  const evaluation = evaluationBatches(corpus, contextLength);
  const measured = measure(trainer, nextBatch(), evaluation, now);
  const plan = planOf(configuration, measured, evaluation.length);

  const start = now();
  const elapsed = (): number => (now() - start) / 1000;
  const recent: number[] = [];
  let unreported: number[] = [];
  let step = 0;
  let evaluations = 0;
  let reportedAt = Number.NEGATIVE_INFINITY;
  let stepSeconds = measured.stepSeconds;
  while (step < (maxSteps ?? Infinity)) {
    const stepStart = elapsed();
    if (stepStart + stepSeconds > plan.trainingSeconds) break;
    const progress = maxSteps === undefined ? (stepStart + stepSeconds / 2) / plan.trainingSeconds : (step + 0.5) / maxSteps;
    const factor = learningRateFactor(configuration.lr_schedule, configuration.warmup_fraction, Math.min(1, progress));
    const batch = nextBatch();
    const loss = trainer.step(batch.inputs, batch.targets, configuration.lr * factor);
    step += 1;
    unreported.push(loss);
    recent.push(loss);
    if (recent.length > RECENT_STEPS) recent.shift();
    const done = elapsed();
    stepSeconds += 0.1 * (done - stepStart - stepSeconds);
    const share = maxSteps === undefined ? done / plan.trainingSeconds : step / maxSteps;
    const evaluate = plan.intermediateBatches > 0 && share >= (evaluations + 1) / (INTERMEDIATE_EVALUATIONS + 1) && share < 1;
    if (evaluate || done - reportedAt >= REPORT_INTERVAL_SECONDS) {
      const line: Progress = { step, train_loss: mean(unreported) };
      if (evaluate) {
        evaluations = Math.floor(share * (INTERMEDIATE_EVALUATIONS + 1));
        line.val_bpb = bitsPerByte(trainer, evaluation.slice(0, plan.intermediateBatches));
      }
      report(line);
      unreported = [];
      reportedAt = elapsed();
    }
  }
  const complete = step === maxSteps;
  const final = evaluation.slice(0, complete ? evaluation.length : plan.finalBatches);
  const value = step === 0 ? measured.value : bitsPerByte(trainer, final);
  return {
    val_bpb: value,
    train_loss: step === 0 ? measured.loss : mean(recent),
    steps_completed: step,
    wall_time_seconds: elapsed(),
    device_used: "cpu",
    model_params: trainer.layout.parameterCount,
    val_tokens: tokensIn(step === 0 ? evaluation.slice(0, 1) : final),
  };
}

type Measured = { stepSeconds: number; evaluationSeconds: number; loss: number; value: number };

/** Compiles everything, then takes the time of one gradient and of one evaluation batch. */
function measure(trainer: Trainer, batch: Batch, evaluation: Batch[], now: () => number): Measured {
  const first = evaluation.slice(0, 1);
  trainer.gradient(batch.inputs, batch.targets);
  bitsPerByte(trainer, first);
  const start = now();
  const { loss } = trainer.gradient(batch.inputs, batch.targets);
  const middle = now();
  const value = bitsPerByte(trainer, first);
  return { loss, value, stepSeconds: (middle - start) / 1000, evaluationSeconds: (now() - middle) / 1000 };
}

type Plan = { trainingSeconds: number; finalBatches: number; intermediateBatches: number };

/** Divides the budget: the final evaluation's time is set aside before the training's. */
function planOf(configuration: Configuration, measured: Measured, batches: number): Plan {
  if (configuration.time_budget_seconds === undefined) {
    return { trainingSeconds: Infinity, finalBatches: batches, intermediateBatches: 1 };
  }
  const usable = configuration.time_budget_seconds * USED_SHARE;
  const batchSeconds = measured.evaluationSeconds * SAFETY_FACTOR;
  const finalBatches = Math.max(1, Math.min(batches, Math.floor((usable * FINAL_EVALUATION_SHARE) / batchSeconds)));
  const affordable = Math.floor((usable * INTERMEDIATE_EVALUATION_SHARE) / (batchSeconds * INTERMEDIATE_EVALUATIONS));
  return {
    trainingSeconds: usable - finalBatches * batchSeconds,
    finalBatches,
    intermediateBatches: Math.min(affordable, finalBatches),
  };
}

function bitsPerByte(trainer: Trainer, batches: Batch[]): number {
  let nats = 0;
  let bytes = 0;
  for (const batch of batches) {
    nats += trainer.losses(batch.inputs, batch.targets).reduce((sum, loss) => sum + loss, 0);
    bytes += batch.targetBytes;
  }
  return nats / Math.LN2 / bytes;
}

function tokensIn(batches: Batch[]): number {
  return batches.reduce((sum, batch) => sum + batch.targets.length, 0);
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
