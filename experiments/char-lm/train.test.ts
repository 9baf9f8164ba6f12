import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

const SCRIPT = join(import.meta.dirname, "train.ts");
const TINY = {
  lr: 0.01, lr_schedule: "linear", n_layers: 1, n_heads: 2, d_model: 4, d_ff: 8,
  batch_size: 2, context_length: 8, seed: 1, time_budget_seconds: 0.2,
};

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "char-lm-"));
});
after(() => rm(folder, { recursive: true }));

type Ending = { code: number | null; out: string; err: string };

function runScript(...parameters: string[]): Promise<Ending> {
  const child = spawn(process.execPath, [SCRIPT, ...parameters]);
  const ending: Ending = { code: null, out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (ending.out += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (ending.err += chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...ending, code }));
  });
}

async function fileWith(content: string): Promise<string> {
  const file = join(folder, `${crypto.randomUUID()}.json`);
  await writeFile(file, content);
  return file;
}

test("the script writes JSON lines and last the result, all else to stderr", async () => {
  const ending = await runScript("--config-file", await fileWith(JSON.stringify(TINY)));
  assert.equal(ending.code, 0, ending.err);
  const lines = ending.out.trimEnd().split("\n").map((line): Record<string, unknown> => JSON.parse(line));
  const result = lines.pop() ?? {};
  assert.deepEqual(Object.keys(result), [
    "val_bpb", "train_loss", "steps_completed", "wall_time_seconds", "device_used", "model_params", "val_tokens",
  ]);
  assert.ok(typeof result["val_bpb"] === "number" && result["val_bpb"] > 0);
  assert.equal(result["device_used"], "cpu");
  for (const line of lines) assert.ok(Number.isInteger(line["step"]) && typeof line["train_loss"] === "number");
  assert.match(ending.err, /Configuration: .*"d_model":4/);
});

test("a wrong configuration ends the script with status 2 and a sentence", async () => {
  const indivisible = await fileWith(JSON.stringify({ ...TINY, d_model: 5 }));
  const cases: [string[], RegExp][] = [
    [["--config-file", indivisible], /^d_model \(5\) must be divisible by n_heads \(2\)\.$/m],
    [["--config-file", await fileWith("{")], /cannot be read/],
    [["--config-file", join(folder, "absent.json")], /cannot be read/],
    [[], /^Usage: /],
    [["--verbose"], /^Usage: /],
  ];
  for (const [parameters, sentence] of cases) {
    const ending = await runScript(...parameters);
    assert.equal(ending.code, 2);
    assert.equal(ending.out, "");
    assert.match(ending.err, sentence);
  }
});
