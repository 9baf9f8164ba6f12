// `npm run check`: everything of the gate that needs no running code.
import { checkStages, runStage, stageTable } from './stages.ts';
import type { StageResult } from './stages.ts';

const results: StageResult[] = [];
for (const stage of checkStages) results.push(await runStage(stage));
process.stdout.write(`\n${stageTable(results)}`);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
