import { defaultDevice, init, jit, numpy as np } from "@jax-js/jax";

import type { Configuration } from "./configuration.ts";
import { initialParameters, layoutOf } from "./layout.ts";
import type { ModelLayout } from "./layout.ts";
import { constantsOf, meanLossAndGradients, positionLosses } from "./model.ts";
import { adamW } from "./optimizer.ts";
import { randomSource, streamSeed } from "./random.ts";

const WEIGHTS_STREAM = 0;

/** A model with its optimizer: everything of a run but data, time and words. */
export type Trainer = {
  layout: ModelLayout;
  /** The flat vector; a step changes it in place. */
  parameters: Float32Array<ArrayBuffer>;
  /** Mean loss in nats and its gradient, flat, for tokens of [rows × context]; changes nothing. */
  gradient: (inputs: Int32Array<ArrayBuffer>, targets: Int32Array<ArrayBuffer>) => { loss: number; gradients: Float32Array };
  /** One update; answers the mean loss in nats before it. */
  step: (inputs: Int32Array<ArrayBuffer>, targets: Int32Array<ArrayBuffer>, learningRate: number) => number;
  /** The loss of each position in nats, for whole rows. */
  losses: (inputs: Int32Array<ArrayBuffer>, targets: Int32Array<ArrayBuffer>) => Float32Array;
};

/**
 * Builds the trainer on the Wasm backend. The first call of each function at each batch size compiles
 * its kernels, which takes a second or two.
 */
export async function trainerOf(configuration: Configuration, vocabularySize: number): Promise<Trainer> {
  await init("wasm");
  defaultDevice("wasm");
  const layout = layoutOf({
    vocabularySize,
    contextLength: configuration.context_length,
    layers: configuration.n_layers,
    heads: configuration.n_heads,
    width: configuration.d_model,
    feedForwardWidth: configuration.d_ff,
  });
  const constants = constantsOf(layout);
  const parameters = initialParameters(layout, randomSource(streamSeed(configuration.seed, WEIGHTS_STREAM)));
  const optimizer = adamW(layout, configuration.weight_decay);
  const gradients = new Float32Array(layout.size);
  const lossAndGradients = jit((flat: np.Array, inputs: np.Array, targets: np.Array): np.Array[] =>
    meanLossAndGradients(layout, constants, flat, inputs, targets),
  );
  const lossesOf = jit((flat: np.Array, inputs: np.Array, targets: np.Array): np.Array =>
    positionLosses(layout, constants, flat, inputs, targets),
  );

  const gradient: Trainer["gradient"] = (inputs, targets) => {
    const [loss, ...pieces] = lossAndGradients(np.array(parameters), np.array(inputs), np.array(targets));
    pieces.forEach((piece, index) => gradients.set(piece.dataSync(), layout.tensors[index]?.offset ?? 0));
    return { loss: loss?.dataSync()[0] ?? Number.NaN, gradients };
  };
  const step: Trainer["step"] = (inputs, targets, learningRate) => {
    const { loss } = gradient(inputs, targets);
    optimizer.update(parameters, gradients, learningRate);
    return loss;
  };
  const losses: Trainer["losses"] = (inputs, targets) =>
    Float32Array.from(lossesOf(np.array(parameters), np.array(inputs), np.array(targets)).dataSync());
  return { layout, parameters, gradient, step, losses };
}
