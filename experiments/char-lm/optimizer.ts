import type { ModelLayout } from "./layout.ts";

const BETA1 = 0.9;
const BETA2 = 0.99;
const EPSILON = 1e-8;

/** Gradients longer than this are scaled down to it (Pascanu, Mikolov and Bengio 2013). */
const MAX_GRADIENT_NORM = 1;

export type Optimizer = {
  /** Changes the parameters in place; answers the norm of the gradient before clipping. */
  update: (parameters: Float32Array, gradients: Float32Array, learningRate: number) => number;
};

/**
 * AdamW (Loshchilov and Hutter 2019, algorithm 2) over the flat vector of parameters.
 *
 * In plain JavaScript on purpose: one pass over 30,000 parameters takes 0.2 ms, while three kernels
 * for each of the model's tensors would cost 0.04 ms apiece for their launch alone, and the
 * learning rate and bias corrections stay ordinary numbers.
 */
export function adamW(layout: ModelLayout, weightDecay: number): Optimizer {
  const firstMoment = new Float32Array(layout.size);
  const secondMoment = new Float32Array(layout.size);
  let step = 0;
  const update = (parameters: Float32Array, gradients: Float32Array, learningRate: number): number => {
    step += 1;
    const norm = euclideanNorm(gradients);
    const scale = norm > MAX_GRADIENT_NORM ? MAX_GRADIENT_NORM / (norm + 1e-6) : 1;
    const stepSize = learningRate / (1 - BETA1 ** step);
    const rootCorrection = 1 / Math.sqrt(1 - BETA2 ** step);
    for (const tensor of layout.tensors) {
      const kept = tensor.decays ? 1 - learningRate * weightDecay : 1;
      const end = tensor.offset + tensor.size;
      for (let index = tensor.offset; index < end; index++) {
        const gradient = (gradients[index] ?? 0) * scale;
        const first = BETA1 * (firstMoment[index] ?? 0) + (1 - BETA1) * gradient;
        const second = BETA2 * (secondMoment[index] ?? 0) + (1 - BETA2) * gradient * gradient;
        firstMoment[index] = first;
        secondMoment[index] = second;
        parameters[index] =
          (parameters[index] ?? 0) * kept - (stepSize * first) / (Math.sqrt(second) * rootCorrection + EPSILON);
      }
    }
    return norm;
  };
  return { update };
}

function euclideanNorm(values: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += (values[index] ?? 0) ** 2;
  return Math.sqrt(sum);
}
