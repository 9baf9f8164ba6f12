import { lax, nn, numpy as np } from "@jax-js/jax";

import type { RandomSource } from "./random.ts";

/** What fixes the model; its vocabulary is padded for the arithmetic only. */
export type ModelShape = {
  vocabularySize: number;
  contextLength: number;
  layers: number;
  heads: number;
  width: number;
  feedForwardWidth: number;
};

export type Tensor = {
  name: string;
  shape: number[];
  offset: number;
  size: number;
  /** Matrices decay, gains and embeddings do not. */
  decays: boolean;
  /** Standard deviation of the initial values; none means that they are all 1. */
  deviation?: number;
};

export type ModelLayout = {
  shape: ModelShape;
  /** A multiple of 16, so that the last axis of the logits fills SIMD registers and tiles. */
  paddedVocabularySize: number;
  tensors: Tensor[];
  /** Numbers in the flat vector, padding included. */
  size: number;
  /** Parameters of the model, padding left out. */
  parameterCount: number;
};

const NORM_EPSILON = 1e-5;

/** Added to a masked score or logit: its exponential is 0 in single precision. */
const MASKED = -1e9;

/** The place of every tensor in one flat vector, which is what the optimizer and the host hold. */
export function layoutOf(shape: ModelShape): ModelLayout {
  const { width, feedForwardWidth, layers } = shape;
  const padded = Math.ceil(shape.vocabularySize / 16) * 16;
  const tensors: Tensor[] = [];
  let size = 0;
  const add = (name: string, dimensions: number[], deviation: number | undefined, decays: boolean): void => {
    const count = dimensions.reduce((product, length) => product * length, 1);
    tensors.push({ name, shape: dimensions, offset: size, size: count, decays, ...(deviation === undefined ? {} : { deviation }) });
    size += count;
  };
  // Projections into the residual stream start smaller, so that its variance does not grow with
  // depth (Radford et al. 2019).
  const residual = 1 / Math.sqrt(2 * layers);
  add("embedding", [padded, width], 0.5, false);
  add("position", [shape.contextLength, width], 0.1, false);
  for (let layer = 0; layer < layers; layer++) {
    add(`layer${layer}.attention_norm`, [width], undefined, false);
    add(`layer${layer}.query_key_value`, [width, 3 * width], 1 / Math.sqrt(width), true);
    add(`layer${layer}.attention_out`, [width, width], residual / Math.sqrt(width), true);
    add(`layer${layer}.feed_forward_norm`, [width], undefined, false);
    add(`layer${layer}.feed_forward_in`, [width, feedForwardWidth], 1 / Math.sqrt(width), true);
    add(`layer${layer}.feed_forward_out`, [feedForwardWidth, width], residual / Math.sqrt(feedForwardWidth), true);
  }
  add("final_norm", [width], undefined, false);
  add("head", [width, padded], 0.02, true);
  const padding = 2 * width * (padded - shape.vocabularySize);
  return { shape, paddedVocabularySize: padded, tensors, size, parameterCount: size - padding };
}

/** Seeded initial values; padded rows and columns are 0 and stay 0, as no gradient reaches them. */
export function initialParameters(layout: ModelLayout, random: RandomSource): Float32Array<ArrayBuffer> {
  const values = new Float32Array(layout.size);
  for (const tensor of layout.tensors) {
    for (let index = 0; index < tensor.size; index++) {
      if (isPadding(layout, tensor, index)) continue;
      values[tensor.offset + index] = tensor.deviation === undefined ? 1 : tensor.deviation * random.normal();
    }
  }
  return values;
}

/** Whether an entry belongs to a token that the vocabulary does not have. */
export function isPadding(layout: ModelLayout, tensor: Tensor, index: number): boolean {
  const columns = tensor.shape[1] ?? 1;
  if (tensor.name === "embedding") return Math.floor(index / columns) >= layout.shape.vocabularySize;
  if (tensor.name === "head") return index % columns >= layout.shape.vocabularySize;
  return false;
}

/** The constants of the model: arrays that its kernels read and nothing changes. */
export type ModelConstants = { one: np.Array; tokens: np.Array; causal: np.Array; padding: np.Array };

export function constantsOf(layout: ModelLayout): ModelConstants {
  const length = layout.shape.contextLength;
  const padded = layout.paddedVocabularySize;
  const causal = Float32Array.from({ length: length * length }, (_, index) =>
    index % length > Math.floor(index / length) ? MASKED : 0,
  );
  const padding = Float32Array.from({ length: padded }, (_, token) => (token < layout.shape.vocabularySize ? 0 : MASKED));
  return {
    one: np.array([1]),
    tokens: np.array(Int32Array.from({ length: padded }, (_, token) => token)),
    causal: np.array(causal).reshape([length, length]),
    padding: np.array(padding),
  };
}

/**
 * The loss of each position: negative natural logarithm of the probability of the target.
 *
 * `parameters` are the tensors of the layout in its order, `inputs` and `targets` are int32 of shape
 * [rows × context]. Consumes all arguments but `constants`; answers [rows × context].
 *
 * A pre-norm decoder: x + attention(norm(x)), x + ffn(norm(x)); root-mean-square norms with a gain
 * (Zhang and Sennrich 2019), learned positions, ReLU² (So et al. 2021: no exponential, which is
 * scalar on this backend), no biases, a head of its own.
 */
export function positionLosses(
  layout: ModelLayout,
  constants: ModelConstants,
  parameters: np.Array[],
  inputs: np.Array,
  targets: np.Array,
): np.Array {
  const { contextLength, width, layers } = layout.shape;
  const positions = inputs.shape[0] ?? 0;
  const rows = positions / contextLength;
  const next = parametersInOrder(parameters);
  const embedding = next();
  const embedded = np.matmul(oneHot(inputs, constants), embedding);
  let stream = embedded.reshape([rows, contextLength, width]).add(next()).reshape([positions, width]);
  for (let layer = 0; layer < layers; layer++) {
    stream = stream.ref.add(attention(layout, constants, normed(stream, next()), next(), next()));
    stream = stream.ref.add(feedForward(normed(stream, next()), next(), next()));
  }
  const logits = np.matmul(normed(stream, next()), next()).add(constants.padding.ref);
  return crossEntropy(logits, oneHot(targets, constants));
}

function parametersInOrder(parameters: np.Array[]): () => np.Array {
  let index = 0;
  return () => {
    const parameter = parameters[index++];
    if (parameter === undefined) throw new Error("The layout has more tensors than were given.");
    return parameter;
  };
}

function oneHot(tokens: np.Array, constants: ModelConstants): np.Array {
  const matches = np.equal(tokens.reshape([-1, 1]), constants.tokens.ref);
  return np.where(matches, 1, 0).astype(np.float32);
}

function normed(stream: np.Array, gain: np.Array): np.Array {
  const meanSquare = np.mean(np.square(stream.ref), -1, { keepdims: true });
  return stream.mul(np.reciprocal(np.sqrt(meanSquare.add(NORM_EPSILON)))).mul(gain);
}

function attention(
  layout: ModelLayout,
  constants: ModelConstants,
  input: np.Array,
  queryKeyValue: np.Array,
  out: np.Array,
): np.Array {
  const { contextLength, heads, width } = layout.shape;
  const positions = input.shape[0] ?? 0;
  const rows = positions / contextLength;
  const headWidth = width / heads;
  const projected = np.matmul(input, queryKeyValue).reshape([rows, contextLength, 3, heads, headWidth]);
  const [query, key, value] = np.split(copied(projected.transpose([2, 0, 3, 1, 4]), constants), 3, 0);
  if (query === undefined || key === undefined || value === undefined) throw new Error("A split into three failed.");
  const batched = [rows * heads, contextLength, headWidth];
  const scores = np
    .matmul(query.reshape(batched).mul(1 / Math.sqrt(headWidth)), key.reshape(batched).transpose([0, 2, 1]))
    .add(constants.causal.ref);
  const mixed = np.matmul(softmax(scores), value.reshape(batched));
  const joined = copied(mixed.reshape([rows, heads, contextLength, headWidth]).transpose([0, 2, 1, 3]), constants);
  return np.matmul(joined.reshape([positions, width]), out);
}

/**
 * Forces a contiguous copy. A matrix product over a transposed and reshaped view runs about 30 times
 * slower, since its inner loop computes every address; multiplying by a 1 that the compiler cannot
 * see makes a kernel of its own out of the view, and of its gradient too.
 */
function copied(view: np.Array, constants: ModelConstants): np.Array {
  return view.mul(constants.one.ref);
}

function softmax(scores: np.Array): np.Array {
  const highest = lax.stopGradient(np.max(scores.ref, -1, { keepdims: true }));
  const exponentials = np.exp(scores.sub(highest));
  const total = np.sum(exponentials.ref, -1, { keepdims: true });
  return exponentials.mul(np.reciprocal(total));
}

function feedForward(input: np.Array, inwards: np.Array, outwards: np.Array): np.Array {
  return np.matmul(np.square(nn.relu(np.matmul(input, inwards))), outwards);
}

function crossEntropy(logits: np.Array, targets: np.Array): np.Array {
  const highest = lax.stopGradient(np.max(logits.ref, -1, { keepdims: true }));
  const shifted = logits.sub(highest);
  const total = np.log(np.sum(np.exp(shifted.ref), -1));
  return total.sub(np.sum(shifted.mul(targets), -1));
}
