import type { Family } from '#core/brief.ts';
import type { FieldIssue } from '#core/errors.ts';
import { findFamily } from '#store/family.ts';
import type { RegisteredExperiment } from '#store/experiment.ts';
import type { Reader } from '#store/seam.ts';

/** Why a brief cannot build on the results of families that it names: they must answer the same question with the same code. */
export async function checkWarmStart(reader: Reader, familyIds: readonly string[], registered: RegisteredExperiment): Promise<FieldIssue[]> {
  const issues: FieldIssue[] = [];
  for (const [index, id] of familyIds.entries()) {
    const family = await findFamily(reader, id);
    const message = family === null ? 'is not a family of this server' : misfitOf(family, registered);
    if (message !== null) issues.push({ path: `warm_start.families.${index}`, message });
  }
  return issues;
}

/** Why the results of a family say nothing about a brief that runs an experiment; null where they do. */
export function misfitOf(family: Pick<Family, 'name' | 'experiment' | 'packageSha256' | 'metric'>, { experiment, packageSha256 }: Pick<RegisteredExperiment, 'experiment' | 'packageSha256'>): string | null {
  if (family.experiment !== experiment.name) return `is of the experiment "${family.experiment}": only results of "${experiment.name}" can be built on`;
  if (family.metric.name !== experiment.metric.name || family.metric.direction !== experiment.metric.direction) return `${family.metric.direction}s ${family.metric.name}, and this brief ${experiment.metric.direction}s ${experiment.metric.name}`;
  if (family.packageSha256 !== packageSha256) return `ran other code of "${experiment.name}" than it has now, so its values cannot be compared`;
  return null;
}
