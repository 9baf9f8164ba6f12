// `npm run prove:guards`: takes away one guard of the ledger after the other, and shows that a test fails each time.
import { GUARDS } from '#test/guards/guards.ts';
import { openWorkbench } from '#test/guards/remove-guard.ts';

const workbench = await openWorkbench();
try {
  for (const guard of GUARDS) {
    const [whole, without] = [await workbench.passesWith(guard), await workbench.passesWithout(guard)];
    const isProven = whole && !without;
    if (!isProven) process.exitCode = 1;
    process.stdout.write(`${isProven ? 'proven ' : 'FAILED '} ${guard.name}: "${guard.named}" ${whole ? 'passes' : 'fails'} with it and ${without ? 'passes' : 'fails'} without it\n`);
  }
} finally {
  await workbench.remove();
}
