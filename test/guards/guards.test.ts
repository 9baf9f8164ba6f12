import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GUARDS } from './guards.ts';
import { openWorkbench, type Workbench } from './remove-guard.ts';

// That the tests pass with their guards is shown by the gate itself.
let workbench: Workbench;
before(async () => {
  workbench = await openWorkbench();
});
after(() => workbench.remove());

for (const guard of GUARDS) {
  test(`without its guard (${guard.name}) a test fails`, async () => {
    assert.equal(await workbench.passesWithout(guard), false, `"${guard.named}" passes although the guard is gone from ${guard.file}`);
  });
}
