import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { readConfiguration } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";
import { isPadding } from "./layout.ts";
import { randomSource } from "./random.ts";
import type { RandomSource } from "./random.ts";
import { learningRateFactor } from "./schedule.ts";
import { trainerOf } from "./trainer.ts";
import type { Trainer } from "./trainer.ts";

const VOCABULARY_SIZE = 19;

function configurationWith(changes: Partial<Configuration>): Configuration {
  const reading = readConfiguration({
    lr: 0.01, lr_schedule: "cosine", n_layers: 2, n_heads: 2, d_model: 12, d_ff: 10,
    batch_size: 3, context_length: 7, seed: 3, max_steps: 10, ...changes,
  });
  assert.ok(reading.ok);
  return reading.configuration;
}

function randomTokens(configuration: Configuration, seed: number): Int32Array<ArrayBuffer> {
  const random = randomSource(seed);
  return Int32Array.from({ length: configuration.batch_size * configuration.context_length }, () =>
    random.below(VOCABULARY_SIZE),
  );
}

/** Branches start at zero, where most gradients vanish or drown in rounding. */
function randomizeParameters({ layout, parameters }: Trainer, random: RandomSource): void {
  for (const tensor of layout.tensors) {
    for (let index = 0; index < tensor.size; index++) {
      if (!isPadding(layout, tensor, index)) parameters[tensor.offset + index] = random.normal() * 0.5;
    }
  }
}

function meanLoss(trainer: Trainer, inputs: Int32Array<ArrayBuffer>, targets: Int32Array<ArrayBuffer>): number {
  return trainer.losses(inputs, targets).reduce((sum, loss) => sum + loss, 0) / inputs.length;
}

test("the gradient agrees with central finite differences in every tensor", async () => {
  for (const changes of [{}, { n_layers: 1, n_heads: 4, d_model: 4, d_ff: 3, batch_size: 1 }]) {
    const configuration = configurationWith(changes);
    const trainer = await trainerOf(configuration, VOCABULARY_SIZE);
    const random = randomSource(5);
    randomizeParameters(trainer, random);
    const inputs = randomTokens(configuration, 1);
    const targets = randomTokens(configuration, 2);
    const gradients = Float64Array.from(trainer.gradient(inputs, targets).gradients);
    for (const tensor of trainer.layout.tensors) {
      // Along a random direction within the tensor: one figure that every entry has a part in.
      const direction = Float64Array.from({ length: tensor.size }, (_, index) =>
        isPadding(trainer.layout, tensor, index) ? 0 : random.normal(),
      );
      const length = Math.hypot(...direction);
      const original = trainer.parameters.slice(tensor.offset, tensor.offset + tensor.size);
      const lossAt = (distance: number): number => {
        original.forEach((value, index) => {
          trainer.parameters[tensor.offset + index] = value + (distance * (direction[index] ?? 0)) / length;
        });
        return meanLoss(trainer, inputs, targets);
      };
      const distance = 4e-3;
      const expected = (lossAt(distance) - lossAt(-distance)) / (2 * distance);
      trainer.parameters.set(original, tensor.offset);
      const slope = direction.reduce((sum, part, index) => sum + (part / length) * (gradients[tensor.offset + index] ?? 0), 0);
      const tolerance = 2e-4 + 0.01 * Math.abs(expected);
      assert.ok(Math.abs(slope - expected) < tolerance, `${tensor.name}: ${slope} is not near ${expected}`);
    }
  }
});

type Fixture = {
  vocabulary_size: number;
  configuration: unknown;
  weights: Record<string, number[]>;
  steps: { inputs: number[]; targets: number[]; learning_rate: number; loss: number }[];
};

test("losses agree with PyTorch's for the same weights, batches and learning rates", async () => {
  const fixture: Fixture = JSON.parse(readFileSync(new URL("fixtures/fixture.json", import.meta.url), "utf8"));
  const reading = readConfiguration(fixture.configuration);
  assert.ok(reading.ok);
  const trainer = await trainerOf(reading.configuration, fixture.vocabulary_size);
  for (const tensor of trainer.layout.tensors) {
    const weights = fixture.weights[tensor.name] ?? [];
    let next = 0;
    for (let index = 0; index < tensor.size; index++) {
      trainer.parameters[tensor.offset + index] = isPadding(trainer.layout, tensor, index) ? 0 : (weights[next++] ?? Number.NaN);
    }
    assert.equal(next, weights.length, tensor.name);
  }
  fixture.steps.forEach((step, index) => {
    const factor = learningRateFactor("cosine", 0.1, (index + 0.5) / fixture.steps.length);
    assert.ok(Math.abs(0.01 * factor - step.learning_rate) < 1e-15);
    const loss = trainer.step(Int32Array.from(step.inputs), Int32Array.from(step.targets), step.learning_rate);
    assert.ok(Math.abs(loss - step.loss) < 2e-5, `step ${index}: ${loss} is not PyTorch's ${step.loss}`);
  });
});

test("the same seed gives the same losses step by step, another seed others", async () => {
  const lossesOf = async (seed: number): Promise<number[]> => {
    const configuration = configurationWith({ seed });
    const trainer = await trainerOf(configuration, VOCABULARY_SIZE);
    const tokens = randomTokens(configuration, 9);
    return Array.from({ length: 6 }, () => trainer.step(tokens, tokens, 0.01));
  };
  const first = await lossesOf(7);
  assert.deepEqual(await lossesOf(7), first);
  assert.notDeepEqual(await lossesOf(8), first);
  assert.ok((first[5] ?? 0) < (first[0] ?? 0), "six steps on one batch must lower its loss");
});

test("no position sees what follows it", async () => {
  const configuration = configurationWith({});
  const trainer = await trainerOf(configuration, VOCABULARY_SIZE);
  randomizeParameters(trainer, randomSource(11));
  const inputs = randomTokens(configuration, 4);
  const targets = randomTokens(configuration, 5);
  const before = trainer.losses(inputs, targets);
  const { context_length: contextLength } = configuration;
  const changedAt = contextLength - 3;
  inputs[changedAt] = ((inputs[changedAt] ?? 0) + 1) % VOCABULARY_SIZE;
  const after = trainer.losses(inputs, targets);
  // Of the first row all from the change on, of all other rows nothing.
  after.forEach((loss, position) => {
    const mustChange = position >= changedAt && position < contextLength;
    assert.equal(loss !== before[position], mustChange, `position ${position}`);
  });
});

test("padding of the vocabulary stays zero and an untrained model is near the uniform loss", async () => {
  const configuration = configurationWith({});
  const trainer = await trainerOf(configuration, VOCABULARY_SIZE);
  const tokens = randomTokens(configuration, 6);
  const first = trainer.step(tokens, randomTokens(configuration, 7), 0.02);
  assert.ok(Math.abs(first - Math.log(VOCABULARY_SIZE)) < 1);
  for (let step = 0; step < 5; step++) trainer.step(tokens, tokens, 0.02);
  for (const tensor of trainer.layout.tensors) {
    for (let index = 0; index < tensor.size; index++) {
      if (isPadding(trainer.layout, tensor, index)) assert.equal(trainer.parameters[tensor.offset + index], 0);
    }
  }
});
