import type { Family } from '#core/brief.ts';
import { addValue, EMPTY_ROLLUP, type Rollup } from '#core/rollup.ts';
import { deleteFamilyClasses, findFamilyClass, listFamilyClasses, saveFamilyClass, type FamilyClass } from '#store/hardware-class.ts';
import type { Reader, Tx } from '#store/seam.ts';
import { findVerifiedBest } from '#store/verification.ts';

/** More than a family has results. */
const MOST_CLASSES = 10_000;

/** How many hardware classes the values of a family come from, and the only one. */
export type FamilyClasses = Pick<Family, 'classCount' | 'classId'>;

/**
 * Counts one more value of a locked family to its hardware class. While there is one class its summary is the family's
 * own and costs nothing; with the second one each gets a summary of its own.
 *
 * @param family as it was before the value
 */
export async function countClass(tx: Tx, family: Family, value: { classId: string | null; value: number; taskId: string }): Promise<FamilyClasses> {
  const { classId } = value;
  if (family.classCount === 0) return { classCount: 1, classId };
  if (family.classCount === 1 && family.classId === classId) return { classCount: 1, classId };
  if (family.classCount === 1) await saveFamilyClass(tx, family.id, { classId: family.classId, rollup: family.rollup });
  const before = family.classCount === 1 ? null : await findFamilyClass(tx, family.id, classId);
  await saveFamilyClass(tx, family.id, { classId, rollup: addTo(before?.rollup ?? EMPTY_ROLLUP, family, value) });
  return { classCount: family.classCount + (before === null ? 1 : 0), classId: null };
}

/** Writes what the classes of a locked family add up to, computed anew; with verification the best of each is the best that is verified. */
export async function countClassesAnew(tx: Tx, family: Pick<Family, 'id' | 'metric' | 'classCount'>, byClass: ReadonlyMap<string | null, Rollup>): Promise<FamilyClasses> {
  if (family.classCount > 1) await deleteFamilyClasses(tx, family.id);
  const classCount = byClass.size;
  if (classCount < 2) return { classCount, classId: [...byClass.keys()][0] ?? null };
  for (const [classId, rollup] of byClass) await saveFamilyClass(tx, family.id, { classId, rollup });
  await callClassBestsAnew(tx, { ...family, classCount });
  return { classCount, classId: null };
}

/** Calls the best verified value of each class its best, where there are several; the family is locked. */
export async function callClassBestsAnew(tx: Tx, family: Pick<Family, 'id' | 'metric' | 'classCount'>): Promise<void> {
  if (family.classCount < 2) return;
  for (const { classId, rollup } of await listFamilyClasses(tx, family.id, MOST_CLASSES)) {
    const best = await findVerifiedBest(tx, family.id, family.metric.direction, { classId });
    if ((best?.taskId ?? null) === rollup.bestTaskId) continue;
    await saveFamilyClass(tx, family.id, { classId, rollup: { ...rollup, best: best?.value ?? null, bestTaskId: best?.taskId ?? null } });
  }
}

/** What each class adds up to, the one with the most values first; of one class it is all that the family has. */
export async function readFamilyClasses(reader: Reader, family: Pick<Family, 'id' | 'classCount' | 'classId' | 'rollup'>): Promise<FamilyClass[]> {
  if (family.classCount === 0) return [];
  if (family.classCount === 1) return [{ classId: family.classId, rollup: family.rollup }];
  return listFamilyClasses(reader, family.id, MOST_CLASSES);
}

/** With verification the best stays that which was verified, as with the family's own. */
function addTo(rollup: Rollup, { metric, verification }: Family, { value, taskId }: { value: number; taskId: string }): Rollup {
  const next = addValue(rollup, metric, value, taskId);
  return verification === null ? next : { ...next, best: rollup.best, bestTaskId: rollup.bestTaskId };
}
