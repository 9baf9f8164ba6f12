import type { Brief, Family } from '#core/brief.ts';
import { sql, type Tx } from './seam.ts';

/** Writes what a draft asks for anew, brief and family; false, and nothing changed, when it is no draft any more. */
export async function saveDraft(tx: Tx, brief: Brief, family: Family): Promise<boolean> {
  const changed = await tx.run(sql`
    update briefs set title = ${brief.title}, goal = ${brief.goal}, experiment = ${brief.experiment}, strategy = ${JSON.stringify(brief.strategy)},
      space = ${JSON.stringify(brief.space)}, num_tasks = ${brief.numTasks}, replicates = ${brief.replicates},
      time_budget_seconds = ${brief.timeBudgetSeconds}, budget_microcredits = ${brief.budgetMicrocredits},
      run_price_microcredits = ${brief.runPriceMicrocredits}, run_fee_microcredits = ${brief.runFeeMicrocredits},
      hardware_profile = ${brief.hardwareProfile}, requires = ${JSON.stringify(brief.requires)}, priority = ${brief.priority},
      verification = ${brief.verification === null ? null : JSON.stringify(brief.verification)}
    where id = ${brief.id} and state = 'draft'`);
  if (changed === 0) return false;
  await tx.run(sql`
    update families set name = ${family.name}, experiment = ${family.experiment}, package_sha256 = ${family.packageSha256},
      metric = ${JSON.stringify(family.metric)}, needs = ${JSON.stringify(family.needs)}, requires = ${JSON.stringify(family.requires)},
      run_cost_microcredits = ${family.runCostMicrocredits}, run_fee_microcredits = ${family.runFeeMicrocredits},
      verification = ${family.verification === null ? null : JSON.stringify(family.verification)}, version = version + 1
    where id = ${family.id}`);
  return true;
}
