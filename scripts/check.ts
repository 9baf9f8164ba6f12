// `npm run check`: everything of the gate that needs no running code.
import { checkStages, runStages, stageTable } from './stages.ts';

const results = await runStages(checkStages);
process.stdout.write(`\n${stageTable(results)}`);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
