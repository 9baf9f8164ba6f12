import assert from "node:assert/strict";
import { test } from "node:test";

import { SCHEDULES, readConfiguration } from "./configuration.ts";
import { learningRateFactor } from "./schedule.ts";

const VALID = {
  lr: 0.01, lr_schedule: "cosine", n_layers: 1, n_heads: 2, d_model: 4, d_ff: 8,
  batch_size: 2, context_length: 8, seed: 1, time_budget_seconds: 0.5,
};

test("a valid configuration is read, with defaults, and unknown keys do not matter", () => {
  const reading = readConfiguration({ ...VALID, task_id: "x", max_steps: null });
  assert.ok(reading.ok);
  assert.deepEqual(reading.configuration, { ...VALID, weight_decay: 0.1, warmup_fraction: 0.05 });
});

const REFUSED: [string, Record<string, unknown>][] = [
  ["lr", { lr: 0 }], ["lr", { lr: "0.1" }], ["lr", { lr: Number.NaN }], ["lr", { lr: Infinity }], ["lr", { lr: undefined }],
  ["lr_schedule", { lr_schedule: "constant" }], ["lr_schedule", { lr_schedule: undefined }],
  ["n_layers", { n_layers: 0 }], ["n_layers", { n_layers: 1.5 }], ["n_heads", { n_heads: -2 }],
  ["d_model", { d_model: 5 }], ["d_model", { d_model: true }], ["d_ff", { d_ff: 1e9 }],
  ["batch_size", { batch_size: null }], ["context_length", { context_length: [8] }],
  ["weight_decay", { weight_decay: -1 }], ["warmup_fraction", { warmup_fraction: 1.1 }], ["seed", { seed: -1 }],
  ["seed", { seed: 0.5 }], ["max_steps", { max_steps: 0 }], ["time_budget_seconds", { time_budget_seconds: 0 }],
  ["time_budget_seconds", { time_budget_seconds: "10" }], ["time_budget_seconds", { time_budget_seconds: undefined }],
];

for (const [field, changes] of REFUSED) {
  test(`${JSON.stringify(changes)} is refused with the name of the field`, () => {
    const reading = readConfiguration({ ...VALID, ...changes });
    assert.ok(!reading.ok);
    assert.match(reading.reason, new RegExp(`^${field}\\b.*\\.$`));
  });
}

test("what is no object is refused", () => {
  for (const value of [null, 3, "x", [VALID]]) assert.ok(!readConfiguration(value).ok);
});

test("every schedule warms up to 1, never rises after and ends at a tenth", () => {
  for (const schedule of SCHEDULES) {
    assert.equal(learningRateFactor(schedule, 0.1, 0), 0);
    assert.ok(Math.abs(learningRateFactor(schedule, 0.1, 0.05) - 0.5) < 1e-12);
    assert.equal(learningRateFactor(schedule, 0, 0), 1);
    let last = learningRateFactor(schedule, 0.1, 0.1);
    assert.ok(Math.abs(last - 1) < 1e-12);
    for (let progress = 0.1; progress <= 1; progress += 0.01) {
      const factor = learningRateFactor(schedule, 0.1, progress);
      assert.ok(factor <= last);
      last = factor;
    }
    assert.ok(Math.abs(learningRateFactor(schedule, 0.1, 1) - 0.1) < 1e-12);
  }
});
