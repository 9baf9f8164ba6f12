import type { Family } from '#core/brief.ts';
import type { Task } from '#core/task.ts';
import type { Reader } from '#store/seam.ts';
import { findTask, neighbourValue } from '#store/task.ts';

/** What a family's row points to: the median of its values, and the task that holds the best one. */
export type FamilyDescription = { median: number | null; best: (Task & { value: number }) | null };

/** Reads the median (the mean of the two middle values where n is even) and the winner of a family. */
export async function describeFamily(reader: Reader, family: Family): Promise<FamilyDescription> {
  const { median, rollup } = family;
  const upper = median !== null && rollup.n % 2 === 0 ? await neighbourValue(reader, family.id, median, 'after') : median;
  const task = rollup.bestTaskId === null ? null : await findTask(reader, rollup.bestTaskId);
  return {
    median: median === null ? null : (median.value + (upper?.value ?? median.value)) / 2,
    best: task === null || task.value === null ? null : { ...task, value: task.value },
  };
}
