import type { RandomSource } from "./random.ts";

/** What fixes the model. */
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
  /** Its place in the flat vector. */
  offset: number;
  size: number;
  /** Matrices decay, embeddings do not. */
  decays: boolean;
  /** Standard deviation of the initial values. */
  deviation: number;
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

/** The place of every tensor in one flat vector, which is what the optimizer and the host hold. */
export function layoutOf(shape: ModelShape): ModelLayout {
  const { width, feedForwardWidth, layers } = shape;
  const padded = Math.ceil(shape.vocabularySize / 16) * 16;
  const tensors: Tensor[] = [];
  let size = 0;
  const add = (name: string, rows: number, columns: number, deviation: number, decays = true): void => {
    tensors.push({ name, shape: [rows, columns], offset: size, size: rows * columns, decays, deviation });
    size += rows * columns;
  };
  // Branches start at zero, so that the model is a stack of identities at first (Zhang, Dauphin and
  // Ma 2019), and embeddings small, as the norms make up for it. Against branches of 1/√width and
  // embeddings of 0.5, 800 steps at width 32 and a rate of 0.005 end at 2.5 bits instead of 2.9.
  add("embedding", padded, width, 0.02, false);
  add("position", shape.contextLength, width, 0.02, false);
  for (let layer = 0; layer < layers; layer++) {
    add(`layer${layer}.query`, width, width, 1 / Math.sqrt(width));
    add(`layer${layer}.key`, width, width, 1 / Math.sqrt(width));
    add(`layer${layer}.value`, width, width, 1 / Math.sqrt(width));
    add(`layer${layer}.attention_out`, width, width, 0);
    add(`layer${layer}.feed_forward_in`, width, feedForwardWidth, 1 / Math.sqrt(width));
    add(`layer${layer}.feed_forward_out`, feedForwardWidth, width, 0);
  }
  add("head", width, padded, 1 / Math.sqrt(width));
  const padding = 2 * width * (padded - shape.vocabularySize);
  return { shape, paddedVocabularySize: padded, tensors, size, parameterCount: size - padding };
}

/** Seeded normal values; padded rows and columns are 0 and stay 0, as no gradient reaches them. */
export function initialParameters(layout: ModelLayout, random: RandomSource): Float32Array<ArrayBuffer> {
  const values = new Float32Array(layout.size);
  for (const tensor of layout.tensors) {
    for (let index = 0; index < tensor.size; index++) {
      if (!isPadding(layout, tensor, index)) values[tensor.offset + index] = tensor.deviation * random.normal();
    }
  }
  return values;
}

/** Whether an entry of a tensor belongs to a token that the vocabulary does not have. */
export function isPadding(layout: ModelLayout, tensor: Tensor, index: number): boolean {
  const columns = tensor.shape[1] ?? 1;
  if (tensor.name === "embedding") return Math.floor(index / columns) >= layout.shape.vocabularySize;
  if (tensor.name === "head") return index % columns >= layout.shape.vocabularySize;
  return false;
}
