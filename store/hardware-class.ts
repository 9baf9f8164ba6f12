import type { HardwareClass, WorkerClass } from '#core/hardware-class.ts';
import type { Rollup } from '#core/rollup.ts';
import { first, join, sql, type Reader, type Tx } from './seam.ts';

type ClassRow = { id: string; package_sha256: string; number: number; hardware: string; steps_per_second: number | null; created_at: number };
type WorkerClassRow = { worker_id: string; package_sha256: string; class_id: string; steps_per_second: number | null; reason: string | null; at: number };
type FamilyClassRow = { class_id: string; n: number; mean: number; m2: number; min: number; max: number; best: number | null; best_task_id: string | null };

/** What the values of one class add up to in a family; `classId` is null for values from before classes were kept. */
export type FamilyClass = { classId: string | null; rollup: Rollup };

/** Makes whoever classes a machine for this package wait, until the transaction ends, for whoever does so now. */
export async function lockClasses(tx: Tx, packageSha256: string): Promise<void> {
  if (tx.dialect === 'postgres') await tx.rows(sql`select sha256 from packages where sha256 = ${packageSha256} limit 1 for no key update`);
}

export async function insertClass(tx: Tx, one: HardwareClass): Promise<void> {
  await tx.run(sql`
    insert into hardware_classes (id, package_sha256, number, hardware, steps_per_second, created_at)
    values (${one.id}, ${one.packageSha256}, ${one.number}, ${one.hardware}, ${one.stepsPerSecond}, ${one.createdAt})`);
}

/** The classes of a package, the first one first. */
export async function listClasses(reader: Reader, packageSha256: string, limit: number): Promise<HardwareClass[]> {
  const rows = await reader.rows<ClassRow>(sql`select * from hardware_classes where package_sha256 = ${packageSha256} order by number limit ${limit}`);
  return rows.map(toClass);
}

/** The classes with these ids, as far as they exist. */
export async function findClasses(reader: Reader, ids: readonly string[]): Promise<HardwareClass[]> {
  if (ids.length === 0) return [];
  const rows = await reader.rows<ClassRow>(sql`select * from hardware_classes where id in (${join([...ids])}) order by package_sha256, number limit ${ids.length}`);
  return rows.map(toClass);
}

/** Writes where a worker stands with a package, in place of what was known before. */
export async function saveWorkerClass(tx: Tx, one: WorkerClass): Promise<void> {
  await tx.run(sql`
    insert into worker_classes (worker_id, package_sha256, class_id, steps_per_second, reason, at)
    values (${one.workerId}, ${one.packageSha256}, ${one.classId}, ${one.stepsPerSecond}, ${one.reason}, ${one.at})
    on conflict (worker_id, package_sha256) do update set
      class_id = excluded.class_id, steps_per_second = excluded.steps_per_second, reason = excluded.reason, at = excluded.at`);
}

export async function findWorkerClass(reader: Reader, workerId: string, packageSha256: string): Promise<WorkerClass | null> {
  const row = await first<WorkerClassRow>(reader, sql`select * from worker_classes where worker_id = ${workerId} and package_sha256 = ${packageSha256} limit 1`);
  return row === null ? null : toWorkerClass(row);
}

/** Where a worker stands with the packages that it ran, the latest first. */
export async function listWorkerClasses(reader: Reader, workerId: string, limit: number): Promise<WorkerClass[]> {
  const rows = await reader.rows<WorkerClassRow>(sql`select * from worker_classes where worker_id = ${workerId} order by at desc, package_sha256 limit ${limit}`);
  return rows.map(toWorkerClass);
}

/** What each class adds up to in a family whose values come from several, the one with the most values first; empty for others. */
export async function listFamilyClasses(reader: Reader, familyId: string, limit: number): Promise<FamilyClass[]> {
  const rows = await reader.rows<FamilyClassRow>(sql`select * from family_classes where family_id = ${familyId} order by n desc, class_id limit ${limit}`);
  return rows.map(toFamilyClass);
}

export async function findFamilyClass(reader: Reader, familyId: string, classId: string | null): Promise<FamilyClass | null> {
  const row = await first<FamilyClassRow>(reader, sql`select * from family_classes where family_id = ${familyId} and class_id = ${classId ?? ''} limit 1`);
  return row === null ? null : toFamilyClass(row);
}

/** Writes what a class adds up to in a locked family. */
export async function saveFamilyClass(tx: Tx, familyId: string, { classId, rollup }: FamilyClass): Promise<void> {
  await tx.run(sql`
    insert into family_classes (family_id, class_id, n, mean, m2, min, max, best, best_task_id)
    values (${familyId}, ${classId ?? ''}, ${rollup.n}, ${rollup.mean}, ${rollup.m2}, ${rollup.min}, ${rollup.max}, ${rollup.best}, ${rollup.bestTaskId})
    on conflict (family_id, class_id) do update set n = excluded.n, mean = excluded.mean, m2 = excluded.m2, min = excluded.min, max = excluded.max,
      best = excluded.best, best_task_id = excluded.best_task_id`);
}

/** Forgets what the classes of a locked family add up to. */
export async function deleteFamilyClasses(tx: Tx, familyId: string): Promise<void> {
  await tx.run(sql`delete from family_classes where family_id = ${familyId}`);
}

function toClass(row: ClassRow): HardwareClass {
  return { id: row.id, packageSha256: row.package_sha256, number: row.number, hardware: row.hardware, stepsPerSecond: row.steps_per_second, createdAt: row.created_at };
}

function toWorkerClass(row: WorkerClassRow): WorkerClass {
  return { workerId: row.worker_id, packageSha256: row.package_sha256, classId: row.class_id, stepsPerSecond: row.steps_per_second, reason: row.reason, at: row.at };
}

function toFamilyClass(row: FamilyClassRow): FamilyClass {
  const { n, mean, m2, min, max, best } = row;
  return { classId: row.class_id === '' ? null : row.class_id, rollup: { n, mean, m2, min, max, best, bestTaskId: row.best_task_id } };
}
