/**
 * Causal multi-head attention. Queries, keys and values are copied so that every head's positions lie
 * together, [heads, positions, head width]. Scores lie with the keys along the rows and the queries
 * along the columns: so the softmax reduces across SIMD lanes.
 */
import type { ModelShape } from "./layout.ts";
import {
  columnMaximum,
  columnSum,
  copied,
  exponentialOfNonPositive,
  minus,
  permuted,
  plus,
  product,
  productWithTransposed,
  reciprocal,
  reshaped,
  rowSum,
  times,
  transposedProduct,
  unfused,
} from "./operations.ts";
import type { Traced } from "./operations.ts";

/** Each call makes a slice of its own: one that is used twice would be copied first. */
export type AttentionTensors = {
  query: () => Traced;
  key: () => Traced;
  value: () => Traced;
  attentionOut: () => Traced;
};

export type AttentionState = {
  /** [heads, positions, head width] */
  query: Traced;
  key: Traced;
  value: Traced;
  /** [heads × rows, keys, queries], and the inverse of each query's sum of them. */
  exponentials: Traced;
  inverseTotals: Traced;
  /** [heads × rows, context, head width] */
  mixed: Traced;
  /** The output of all heads side by side, before the last projection: [rows, context, heads, head width]. */
  joined: Traced;
};

/** `input` is [positions, width]; `causal` is added to the scores, [keys, queries]. */
export function attention(shape: ModelShape, tensors: AttentionTensors, causal: Traced, input: Traced): AttentionState {
  const query = perHead(shape, input, tensors.query());
  const key = perHead(shape, input, tensors.key());
  const value = perHead(shape, input, tensors.value());
  const products = productWithTransposed(inRows(shape, key), inRows(shape, query));
  const scores = (): Traced => plus(times(products, 1 / Math.sqrt(shape.width / shape.heads)), causal);
  const exponentials = exponentialOfNonPositive(minus(scores(), columnMaximum(scores())));
  const inverseTotals = reciprocal(columnSum(exponentials));
  const mixed = times(unfused(transposedProduct(exponentials, inRows(shape, value))), asColumn(inverseTotals));
  return { query, key, value, exponentials, inverseTotals, mixed, joined: sideBySide(shape, mixed) };
}

/** From the gradient at the output of the last projection, [positions, width]. */
export function attentionGradient(
  shape: ModelShape,
  tensors: AttentionTensors,
  state: AttentionState,
  input: Traced,
  atOutput: Traced,
): { gradients: Traced[]; atInput: Traced } {
  const headWidth = shape.width / shape.heads;
  const outGradient = transposedProduct(joinedHeads(shape, state.joined), atOutput);
  const outPerHead = reshaped(tensors.attentionOut(), [shape.heads, headWidth, shape.width]);
  const atJoined = productWithTransposed(reshaped(atOutput, [1, ...atOutput.shape]), outPerHead);
  // Of the softmax p at its scores: p (dp - Σ p dp), where the sum equals that of d(mixed) mixed
  // (Dao et al. 2022, section 3.1), a far smaller array.
  const pull = rowSum(times(inRows(shape, atJoined), state.mixed));
  const weighted = times(inRows(shape, atJoined), asColumn(state.inverseTotals));
  const atWeights = unfused(productWithTransposed(inRows(shape, state.value), inRows(shape, atJoined)));
  const scale = times(state.inverseTotals, 1 / Math.sqrt(headWidth));
  const atProducts = times(times(minus(atWeights, asRow(pull)), state.exponentials), scale);
  const atValue = sideBySide(shape, product(state.exponentials, weighted));
  const atQuery = sideBySide(shape, transposedProduct(atProducts, inRows(shape, state.key)));
  const atKey = sideBySide(shape, product(atProducts, inRows(shape, state.query)));
  const inputGradient = (at: Traced, weights: () => Traced): Traced =>
    unfused(productWithTransposed(joinedHeads(shape, at), weights()));
  const atInput = plus(
    inputGradient(atValue, tensors.value),
    plus(inputGradient(atKey, tensors.key), inputGradient(atQuery, tensors.query)),
  );
  const gradients = [atQuery, atKey, atValue].map((at) => transposedProduct(input, joinedHeads(shape, at)));
  return { gradients: [...gradients, outGradient], atInput };
}

/**
 * input · weights, split by heads: [heads, positions, head width]. A plain product and a copy take
 * half the time of a product for each head.
 */
function perHead(shape: ModelShape, input: Traced, weights: Traced): Traced {
  const split = reshaped(product(input, weights), [-1, shape.heads, shape.width / shape.heads]);
  return copied(permuted(split, [1, 0, 2]));
}

/** [heads, positions, head width] to [heads × rows, context, head width]: a view for one use. */
function inRows(shape: ModelShape, values: Traced): Traced {
  return reshaped(values, [-1, shape.contextLength, shape.width / shape.heads]);
}

/** [heads × rows, context, head width] to a copy in the order [rows, context, heads, head width]. */
function sideBySide(shape: ModelShape, values: Traced): Traced {
  const split = reshaped(values, [shape.heads, -1, shape.contextLength, shape.width / shape.heads]);
  return copied(permuted(split, [1, 2, 0, 3]));
}

/** [rows, context, heads, head width] to [positions, width]: a view for one use. */
export function joinedHeads(shape: ModelShape, values: Traced): Traced {
  return reshaped(values, [-1, shape.width]);
}

function asColumn(row: Traced): Traced {
  return reshaped(row, [row.shape[0] ?? 1, -1, 1]);
}

function asRow(column: Traced): Traced {
  return reshaped(column, [column.shape[0] ?? 1, 1, -1]);
}
