/**
 * The arithmetic of the model, on arrays that are being traced by `jit`. Unlike the library's own
 * methods these functions borrow their arguments: a tracer that nobody consumes holds no memory, and
 * formulas read better without a `.ref` at every use. Never call them on arrays that hold data.
 */
import { lax, numpy as np } from "@jax-js/jax";

export type Traced = np.Array;

export function plus(left: Traced, right: Traced | number): Traced {
  return left.ref.add(borrowed(right));
}

export function minus(left: Traced, right: Traced): Traced {
  return left.ref.sub(right.ref);
}

export function times(left: Traced, right: Traced | number): Traced {
  return left.ref.mul(borrowed(right));
}

export function squared(values: Traced): Traced {
  return times(values, values);
}

/** max(values, 0) */
export function rectified(values: Traced): Traced {
  return np.maximum(values.ref, 0);
}

export function reciprocal(values: Traced): Traced {
  return np.reciprocal(values.ref);
}

export function squareRoot(values: Traced): Traced {
  return np.sqrt(values.ref);
}

export function logarithm(values: Traced): Traced {
  return np.log(values.ref);
}

/** Sum over the last axis, which stays with length 1. */
export function rowSum(values: Traced): Traced {
  return np.sum(values.ref, -1, { keepdims: true });
}

/** Maximum over the last axis, which stays with length 1. */
export function rowMaximum(values: Traced): Traced {
  return np.max(values.ref, -1, { keepdims: true });
}

/** Maximum over the last axis but one, which stays with length 1; in SIMD, unlike a row's. */
export function columnMaximum(values: Traced): Traced {
  return np.max(values.ref, -2, { keepdims: true });
}

/** Sum over the last axis but one, which stays with length 1. */
export function columnSum(values: Traced): Traced {
  return np.sum(values.ref, -2, { keepdims: true });
}

/** Sum over the first axis, which goes. */
export function firstAxisSum(values: Traced): Traced {
  return np.sum(values.ref, 0);
}

export function mean(values: Traced): Traced {
  return np.mean(values.ref);
}

export function reshaped(values: Traced, shape: number[]): Traced {
  return values.ref.reshape(shape);
}

export function permuted(values: Traced, axes: number[]): Traced {
  return values.ref.transpose(axes);
}

/** left · right, over equal or broadcast leading axes. */
export function product(left: Traced, right: Traced): Traced {
  return batchedProduct(left, right, -1, -2);
}

/** left · rightᵀ */
export function productWithTransposed(left: Traced, right: Traced): Traced {
  return batchedProduct(left, right, -1, -1);
}

/** leftᵀ · right */
export function transposedProduct(left: Traced, right: Traced): Traced {
  return batchedProduct(left, right, -2, -2);
}

/**
 * Keeps the elementwise operation that follows out of the product's kernel. Fused, it would run lane
 * by lane with every address computed (0.42 ms for 65,536 results instead of 0.14 and 0.03): a
 * reshape ends the fusion and costs nothing where the result has a single user.
 */
export function unfused(result: Traced): Traced {
  return result.ref.reshape([-1]).reshape(result.shape);
}

/** 1 where the token of the row is the column's, else 0: [positions] and [columns] to [positions, columns]. */
export function oneHot(tokens: Traced, columns: Traced): Traced {
  const matches = np.equal(tokens.ref.reshape([-1, 1]), columns.ref);
  return np.where(matches, 1, 0).astype(np.float32);
}

const LEAST_EXPONENT = -20;
const SQUARINGS = 4;
const CENTRE = LEAST_EXPONENT / 2 ** SQUARINGS / 2;
const DEGREE = 8;

/**
 * exp(x) for x ≤ 0, exactly 0 below -20, else within 4e-6 of it relatively.
 *
 * The backend computes `exp` lane by lane, at 8 ns apiece one of the dearest kernels of a step; this
 * one stays in SIMD: exp(x) = exp(x / 16)^16, the inner one by its Taylor polynomial of degree 8
 * about the middle of [-1.25, 0], whose remainder is below 1e-7.
 */
export function exponentialOfNonPositive(values: Traced): Traced {
  const centred = plus(times(np.maximum(values.ref, LEAST_EXPONENT), 2 ** -SQUARINGS), -CENTRE);
  let factorial = 1;
  const coefficients = [Math.exp(CENTRE)];
  for (let power = 1; power <= DEGREE; power++) {
    factorial *= power;
    coefficients.push(Math.exp(CENTRE) / factorial);
  }
  const [highest = 0, ...lower] = coefficients.reverse();
  let result = times(centred, highest);
  lower.forEach((coefficient, index) => {
    result = plus(result, coefficient);
    if (index < lower.length - 1) result = times(result, centred);
  });
  for (let squaring = 0; squaring < SQUARINGS; squaring++) result = squared(result);
  return np.where(np.greater(values.ref, LEAST_EXPONENT), result, 0);
}

/**
 * Forces a contiguous copy. A matrix product over a transposed and reshaped view runs about 30 times
 * slower, since its inner loop computes every address. A `stopGradient` is a step of its own to the
 * compiler, so what it is given becomes a kernel.
 */
export function copied(view: Traced): Traced {
  return lax.stopGradient(view.ref);
}

function borrowed(value: Traced | number): Traced | number {
  return typeof value === "number" ? value : value.ref;
}

function batchedProduct(left: Traced, right: Traced, leftAxis: number, rightAxis: number): Traced {
  const batchAxes = Array.from({ length: left.ndim - 2 }, (_, axis) => axis);
  return lax.dot(left.ref, right.ref, {
    lhsContractingDims: [leftAxis],
    rhsContractingDims: [rightAxis],
    lhsBatchDims: batchAxes,
    rhsBatchDims: batchAxes,
  });
}
