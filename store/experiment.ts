import type { Experiment } from '#core/experiment.ts';
import { first, sql, type Reader, type Tx } from './seam.ts';

/** An experiment and the package that a new brief of it runs. */
export type RegisteredExperiment = { experiment: Experiment; packageSha256: string };

/** What exactly ran: the packed folder (a gzip'd tar, in base64), its manifest and the text of its script. */
export type Package = { sha256: string; experiment: Experiment; script: string; archiveBase64: string; createdAt: number };

type ManifestRow = { manifest: string; package_sha256: string };

/** Keeps a package; packages are immutable, so one that is there stays as it is. */
export async function insertPackage(tx: Tx, stored: Package): Promise<void> {
  await tx.run(sql`
    insert into packages (sha256, experiment, manifest, script, archive_base64, created_at)
    values (${stored.sha256}, ${stored.experiment.name}, ${JSON.stringify(stored.experiment)}, ${stored.script}, ${stored.archiveBase64}, ${stored.createdAt})
    on conflict (sha256) do nothing`);
}

/** Makes a package the one that new briefs of its experiment run. */
export async function setCurrentPackage(tx: Tx, name: string, packageSha256: string, now: number): Promise<void> {
  await tx.run(sql`
    insert into experiments (name, package_sha256, updated_at) values (${name}, ${packageSha256}, ${now})
    on conflict (name) do update set package_sha256 = excluded.package_sha256, updated_at = excluded.updated_at`);
}

export async function findExperiment(reader: Reader, name: string): Promise<RegisteredExperiment | null> {
  const row = await first<ManifestRow>(reader, sql`
    select packages.manifest, experiments.package_sha256 from experiments join packages on packages.sha256 = experiments.package_sha256
    where experiments.name = ${name} limit 1`);
  return row === null ? null : toRegistered(row);
}

/** All experiments by name. */
export async function listExperiments(reader: Reader, limit: number): Promise<RegisteredExperiment[]> {
  const rows = await reader.rows<ManifestRow>(sql`
    select packages.manifest, experiments.package_sha256 from experiments join packages on packages.sha256 = experiments.package_sha256
    order by experiments.name limit ${limit}`);
  return rows.map(toRegistered);
}

/** The manifest and script of a package: what a family ran, whatever its experiment has become since. */
export async function findPackage(reader: Reader, sha256: string): Promise<Pick<Package, 'experiment' | 'script'> | null> {
  const row = await first<{ manifest: string; script: string }>(reader, sql`select manifest, script from packages where sha256 = ${sha256} limit 1`);
  return row === null ? null : { experiment: JSON.parse(row.manifest) as Experiment, script: row.script };
}

/** A package that workers may run, and the name of its experiment. */
export type ApprovedPackage = { sha256: string; experiment: string };

/**
 * Packages that workers may run: the current ones of all experiments, those of families that are not over and those
 * whose results are being audited, without what was withdrawn.
 */
export async function listApprovedPackages(reader: Reader, limit: number): Promise<ApprovedPackage[]> {
  return reader.rows<ApprovedPackage>(sql`
    select sha256, experiment from packages
    where sha256 not in (select sha256 from withdrawn_packages) and (
      sha256 in (select package_sha256 from experiments)
      or sha256 in (select package_sha256 from families where state in ('running', 'paused'))
      or sha256 in (select families.package_sha256 from audits join families on families.id = audits.family_id where audits.ended_at is null))
    order by sha256 limit ${limit}`);
}

/** Notes that no worker is to run a package; once is enough. */
export async function withdrawPackage(tx: Tx, sha256: string, now: number): Promise<void> {
  await tx.run(sql`insert into withdrawn_packages (sha256, withdrawn_at) values (${sha256}, ${now}) on conflict (sha256) do nothing`);
}

/** Takes the withdrawal of a package back. */
export async function allowPackage(tx: Tx, sha256: string): Promise<void> {
  await tx.run(sql`delete from withdrawn_packages where sha256 = ${sha256}`);
}

/** When a package was withdrawn; null while it is not. */
export async function findWithdrawal(reader: Reader, sha256: string): Promise<number | null> {
  const row = await first<{ withdrawn_at: number }>(reader, sql`select withdrawn_at from withdrawn_packages where sha256 = ${sha256} limit 1`);
  return row?.withdrawn_at ?? null;
}

/** The bytes of a package in base64. */
export async function findArchive(reader: Reader, sha256: string): Promise<string | null> {
  const row = await first<{ archive_base64: string }>(reader, sql`select archive_base64 from packages where sha256 = ${sha256} limit 1`);
  return row?.archive_base64 ?? null;
}

function toRegistered(row: ManifestRow): RegisteredExperiment {
  return { experiment: JSON.parse(row.manifest) as Experiment, packageSha256: row.package_sha256 };
}
