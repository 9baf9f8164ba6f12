import type { Experiment } from '#core/experiment.ts';
import { findExperiment, insertPackage, setCurrentPackage } from '#store/experiment.ts';
import { TOPICS, type Engine } from './engine.ts';
import { sha256 } from './id.ts';

/** A packed experiment: the gzip'd tar of its folder and the text of its main script. */
export type PackedExperiment = { experiment: Experiment; archive: Uint8Array; script: string };

/** Keeps a package under its hash and makes it the one that new briefs run; returns the hash. */
export async function registerExperiment(engine: Engine, packed: PackedExperiment): Promise<string> {
  const { experiment, archive, script } = packed;
  const hash = sha256(archive);
  const current = await findExperiment(engine.store.reader, experiment.name);
  if (current?.packageSha256 === hash) return hash;
  await engine.store.write(async (tx) => {
    await insertPackage(tx, { sha256: hash, experiment, script, archiveBase64: Buffer.from(archive).toString('base64'), createdAt: engine.now() });
    await setCurrentPackage(tx, experiment.name, hash, engine.now());
    tx.touch(TOPICS.experiments);
  });
  engine.log.info({ experiment: experiment.name, package_sha256: hash, bytes: archive.byteLength }, 'experiment registered');
  return hash;
}
