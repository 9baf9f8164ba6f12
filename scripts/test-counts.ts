// A reporter beside node's own: keeps the counts and the names of skipped tests for the gate's last words.
import type { TestEvent } from 'node:test/reporters';

export type TestCounts = {
  passed: number;
  failed: number;
  cancelled: number;
  skipped: number;
  todo: number;
  /** Each skipped or todo test with the reason that it gave. */
  notRun: { name: string; file: string; reason: string }[];
};

/** Writes one JSON document when the run ends. */
export default async function* testCounts(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const notRun: TestCounts['notRun'] = [];
  for await (const event of source) {
    if (event.type === 'test:pass' || event.type === 'test:fail') {
      const { name, file, skip, todo } = event.data;
      const why = skip ?? todo;
      if (why !== undefined && why !== false) notRun.push({ name, file: file ?? '', reason: String(why) });
    }
    // The summary without a file is that of the whole run.
    if (event.type === 'test:summary' && event.data.file === undefined) {
      const { tests, passed, cancelled, skipped, todo } = event.data.counts;
      const failed = tests - passed - cancelled - skipped - todo;
      yield JSON.stringify({ passed, failed, cancelled, skipped, todo, notRun } satisfies TestCounts);
    }
  }
}
