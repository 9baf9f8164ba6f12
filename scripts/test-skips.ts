import type { TestCounts } from './test-counts.ts';

/**
 * What was not run but should have been. Only tests whose reason names torch may be skipped, and only where it
 * cannot be imported; a test marked todo is never in order.
 */
export function unexpectedNotRun(notRun: TestCounts['notRun'], torch: boolean): string[] {
  return notRun
    .filter(({ reason }) => torch || !/torch/i.test(reason))
    .map(({ name, file, reason }) => `Skipped without need: ${name} (${file}): ${reason}`);
}
