import type { Corpus } from "./text.ts";
import type { RandomSource } from "./random.ts";

/** Most tokens of an evaluation, evenly spaced over the validation text. */
export const EVALUATION_TOKENS = 16_384;

/** Tokens of one evaluation batch, at least one row. */
const EVALUATION_BATCH_TOKENS = 1024;

/** Rows of tokens and what follows each of them, both [rows × context], flat. */
export type Batch = { inputs: Int32Array<ArrayBuffer>; targets: Int32Array<ArrayBuffer>; targetBytes: number };

/** A batch of rows at random positions of the training text. */
export function trainingBatch(corpus: Corpus, random: RandomSource, rows: number, contextLength: number): Batch {
  const starts = Array.from({ length: rows }, () => random.below(corpus.train.length - contextLength));
  return batchAt(corpus, corpus.train, starts, contextLength);
}

/**
 * The evaluation: equal batches of windows, spaced evenly over the validation text. The windows are
 * dealt out to the batches like cards, so that any first few batches are evenly spaced as well.
 * A text too short for a full batch gives fewer batches, at least one: then windows overlap.
 */
export function evaluationBatches(corpus: Corpus, contextLength: number): Batch[] {
  const rows = Math.max(1, Math.round(EVALUATION_BATCH_TOKENS / contextLength));
  const last = corpus.validation.length - contextLength - 1;
  const most = Math.max(1, Math.floor(EVALUATION_TOKENS / (rows * contextLength)));
  const batchCount = Math.max(1, Math.min(most, Math.floor(corpus.validation.length / (rows * contextLength))));
  const windows = rows * batchCount;
  const startOf = (window: number): number => (windows > 1 ? Math.floor((last * window) / (windows - 1)) : 0);
  return Array.from({ length: batchCount }, (_, batch) => {
    const starts = Array.from({ length: rows }, (_, row) => startOf(row * batchCount + batch));
    return batchAt(corpus, corpus.validation, starts, contextLength);
  });
}

function batchAt(corpus: Corpus, tokens: Int32Array, starts: number[], contextLength: number): Batch {
  const inputs = new Int32Array(starts.length * contextLength);
  const targets = new Int32Array(starts.length * contextLength);
  starts.forEach((start, row) => {
    inputs.set(tokens.subarray(start, start + contextLength), row * contextLength);
    targets.set(tokens.subarray(start + 1, start + 1 + contextLength), row * contextLength);
  });
  const targetBytes = targets.reduce((sum, token) => sum + (corpus.tokenBytes[token] ?? 0), 0);
  return { inputs, targets, targetBytes };
}
