import { accept, refuse, type Outcome } from '#core/errors.ts';
import { findFamily, setBaseline } from '#store/family.ts';
import { sampleTaskValues } from '#store/task-value.ts';
import { TOPICS, type Engine } from './engine.ts';

/** What values are held against: a number, the value of a task of the family by the task's number, or nothing. */
export type Baseline = { value: number } | { taskNumber: number } | null;

/** Larger values no result can have. */
const MOST_MAGNITUDE = 1e100;

/** Sets the baseline of a family. A task gives it the value that it has now. */
export async function chooseBaseline(engine: Engine, familyId: string, baseline: Baseline): Promise<Outcome<{ familyId: string; baseline: number | null }>> {
  const wrong = (message: string) => refuse('invalid', `The baseline ${message}.`, [{ path: 'baseline', message }]);
  const outcome = await engine.store.write(async (tx): Promise<Outcome<{ familyId: string; baseline: number | null }>> => {
    const family = await findFamily(tx, familyId);
    if (family === null) return refuse('family_not_found');
    let value = baseline !== null && 'value' in baseline ? baseline.value : null;
    if (value !== null && !(Math.abs(value) <= MOST_MAGNITUDE)) return wrong(`must lie between -${MOST_MAGNITUDE} and ${MOST_MAGNITUDE}`);
    if (baseline !== null && 'taskNumber' in baseline) {
      const [task] = await sampleTaskValues(tx, familyId, [baseline.taskNumber]);
      if (task === undefined) return wrong(`names task #${baseline.taskNumber}, which this family does not have`);
      if (task.value === null) return wrong(`names task #${baseline.taskNumber}, which has no value`);
      value = task.value;
    }
    await setBaseline(tx, familyId, value);
    for (const topic of [TOPICS.families, TOPICS.family(familyId), TOPICS.brief(family.briefId)]) tx.touch(topic);
    return accept({ familyId, baseline: value });
  });
  if (outcome.ok) engine.log.info({ family_id: familyId, baseline: outcome.value.baseline }, 'baseline set');
  return outcome;
}
