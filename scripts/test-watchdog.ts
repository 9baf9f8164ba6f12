// Loaded into every test file's process. Node's own --test-timeout ends a test, but not a process that something, say a
// server nobody closed, keeps alive after its tests: the whole run would wait for it.
import { after } from 'node:test';
import { isMainThread } from 'node:worker_threads';

const graceMs = 10_000;

// Workers and forks of a test inherit this preload; only the test file itself is watched.
if (isMainThread && process.env.NODE_TEST_CONTEXT !== undefined && process.argv[1]?.endsWith('.test.ts')) {
  after(() => {
    setTimeout(() => {
      const open = process.getActiveResourcesInfo().filter((name) => !/^(PipeWrap|TTYWrap)$/.test(name));
      process.stderr.write(`${process.argv[1]} does not end after its tests; still open: ${open.join(', ')}\n`);
      process.exit(1);
    }, graceMs).unref();
  });
}
