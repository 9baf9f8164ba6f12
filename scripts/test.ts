// `npm test`, the one gate. `npm test -- web/ core/space.test.ts` runs only the tests below these paths.
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { findChromium } from './chromium.mjs';
import { checkStages, cloneFolder, runStage, runStages, stageTable } from './stages.ts';
import type { Stage, StageResult } from './stages.ts';
import type { TestCounts } from './test-counts.ts';
import { findTests, selectTests } from './test-files.ts';
import { canImportTorch, makeTestRoom, type TestRoom } from './test-room.ts';
import { unexpectedNotRun } from './test-skips.ts';

/** One test may take this long; the slowest are the browser journeys. */
const oneTestMs = 120_000;
/** A healthy run is over in half of this, on two cores that do nothing else, so what takes longer hangs. */
const allTestsMs = 600_000;

process.exitCode = await main(process.argv.slice(2));

async function main(wanted: string[]): Promise<number> {
  const { files, unmatched } = selectTests(findTests(cloneFolder), wanted);
  if (unmatched.length > 0 || files.length === 0) {
    process.stderr.write(`No test file lies at: ${unmatched.join(', ') || 'this clone'}\n`);
    return 1;
  }
  const results = wanted.length === 0 ? await runStages(checkStages) : [];
  if (results.some(({ interrupted }) => interrupted)) return 130;

  const room = makeTestRoom(findChromium());
  let counts: TestCounts | null = null;
  const complaints: string[] = [];
  try {
    const torch = canImportTorch(room.environment);
    results.push(await runStage(testStage(files, room)));
    counts = readCounts(room);
    complaints.push(...unexpectedNotRun(counts?.notRun ?? [], torch));
  } finally {
    complaints.push(...await room.close());
  }
  if (counts === null) complaints.push('The test runner ended without its counts.');
  return report(results, counts, complaints);
}

function testStage(files: string[], room: TestRoom): Stage {
  const watchdog = pathToFileURL(path.join(import.meta.dirname, 'test-watchdog.ts')).href;
  const reporter = pathToFileURL(path.join(import.meta.dirname, 'test-counts.ts')).href;
  const concurrency = Math.min(8, Math.max(2, os.availableParallelism()));
  return {
    name: 'tests',
    command: 'node',
    words: [`--import=${watchdog}`, '--test', `--test-concurrency=${concurrency}`, `--test-timeout=${oneTestMs}`,
      '--test-reporter=spec', '--test-reporter-destination=stdout',
      `--test-reporter=${reporter}`, `--test-reporter-destination=${countsFile(room)}`, ...files],
    environment: room.environment,
    limitMs: allTestsMs,
  };
}

function countsFile(room: TestRoom): string {
  return path.join(room.folder, 'counts.json');
}

function readCounts(room: TestRoom): TestCounts | null {
  if (!existsSync(countsFile(room))) return null;
  const text = readFileSync(countsFile(room), 'utf8');
  return text === '' ? null : JSON.parse(text) as TestCounts;
}

/** Prints the closing words and returns the exit code. */
function report(results: StageResult[], counts: TestCounts | null, complaints: string[]): number {
  const { passed, failed, cancelled, skipped, todo } = counts ?? { passed: 0, failed: 0, cancelled: 0, skipped: 0, todo: 0 };
  process.stdout.write(`\n${stageTable(results)}`);
  for (const complaint of complaints) process.stdout.write(`FAILED  ${complaint}\n`);
  const failedTests = failed + cancelled;
  // A failed stage counts as one failure, so that the last line never says 0 when the gate is shut.
  const failedStages = results.filter((stage) => !stage.passed && !(stage.name === 'tests' && failedTests > 0)).length;
  const allFailed = failedTests + failedStages + complaints.length;
  process.stdout.write(`\n${passed} passed, ${allFailed} failed, ${skipped + todo} skipped\n`);
  return allFailed === 0 ? 0 : 1;
}
