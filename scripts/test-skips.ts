import type { TestCounts } from './test-counts.ts';

/**
 * What was not run but should have been. Only tests whose reason names PyTorch may be skipped, and only where python3
 * cannot import it; a test marked todo is never in order.
 */
export function unexpectedNotRun(notRun: TestCounts['notRun'], torch: boolean): string[] {
  return notRun
    .filter(({ reason }) => torch || !/pytorch/i.test(reason))
    .map(({ name, file, reason }) => `Skipped without need: ${name} (${file}): ${reason}`);
}
