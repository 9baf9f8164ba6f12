import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { create } from 'tar';
import { parse } from 'yaml';
import type { DataFile } from '#core/experiment.ts';
import { experimentManifest, toExperiment } from '#protocol/experiment.ts';
import { issuesOf } from '#protocol/problem.ts';
import { registerExperiment, type PackedExperiment } from '#engine/register-experiment.ts';
import type { Engine, Log } from '#engine/engine.ts';
import { sha256 } from '#engine/id.ts';

/** Files that belong to an experiment's development, not to what runs. */
const LEFT_OUT = /(^\.|^node_modules$|^fixtures$|^__pycache__$|\.test\.[a-z]+$|\.pyc$)/;
const MANIFEST = 'experiment.yaml';
const TEXT = /\.(ts|mts|js|mjs|py|sh|jl|r|lua|rb)$/i;
const zip = promisify(gzip);
const unzip = promisify(gunzip);
/** Where a gzip's head names the system it was made on, RFC 1952 section 2.3.1. */
const GZIP_SYSTEM_BYTE = 9;
const GZIP_SYSTEM_UNKNOWN = 255;
const MOST_SCRIPT_CHARACTERS = 500_000;

/** A folder that cannot be offered; the message says which and why. */
export class BrokenExperiment extends Error {}

/**
 * Watches over folders of experiments: each call registers those that changed since the last one. A broken one is
 * logged and left out, so that one person's typing does not stop everybody's campaigns.
 */
export function experimentLoader(folders: string[], log: Log): (engine: Engine) => Promise<void> {
  const known = new Map<string, string>();
  let running: Promise<void> | null = null;
  const load = async (engine: Engine): Promise<void> => {
    for (const folder of await experimentFolders(folders)) {
      try {
        const signature = await signatureOf(folder);
        if (known.get(folder) === signature) continue;
        await register(engine, folder, log);
        // Only now: a database that was away is asked again, and the experiment does not stay unknown until it is edited.
        known.set(folder, signature);
      } catch (error) {
        // A file that an editor took away meanwhile; the next call looks again.
        if (!isGone(error)) throw error;
        log.warn({ folder, err: error }, 'experiment changed while it was read');
      }
    }
  };
  return (engine) => {
    running ??= load(engine).finally(() => {
      running = null;
    });
    return running;
  };
}

async function register(engine: Engine, folder: string, log: Log): Promise<void> {
  try {
    await registerExperiment(engine, await packExperiment(folder));
  } catch (error) {
    if (!(error instanceof BrokenExperiment)) throw error;
    log.error({ folder, reason: error.message }, 'experiment left out');
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/**
 * Packs an experiment's folder, with the npm packages it bundles, into a gzip'd tar. The same content gives the same
 * bytes: times, owners and permissions are evened out, and files are in order.
 *
 * @throws BrokenExperiment when the folder does not keep the contract
 */
export async function packExperiment(folder: string): Promise<PackedExperiment> {
  const manifest = await readManifest(folder);
  const experiment = toExperiment(manifest);
  const staging = await mkdtemp(join(tmpdir(), 'xeenet-pack-'));
  try {
    const own = await listFiles(folder);
    for (const file of own) await cp(join(folder, file), join(staging, file), { dereference: true });
    for (const name of experiment.bundle) await copyPackage(folder, name, staging);
    const files = await listFiles(staging, true);
    for (const file of files) await chmod(join(staging, file), 0o755);
    const chunks: Buffer[] = [];
    for await (const chunk of create({ cwd: staging, gzip: { level: 6 }, portable: true, noMtime: true, noDirRecurse: true }, files)) chunks.push(chunk as Buffer);
    const data = await hashData(folder, staging, files, manifest.data);
    return { experiment: { ...experiment, data }, archive: await compressAnew(Buffer.concat(chunks)), script: await scriptOf(folder, own, experiment.run) };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/**
 * Compresses in one piece what was compressed while files arrived: cut into pieces by chance, one tar gave two results,
 * 1,926,637 and 1,941,643 bytes, and so an unchanged experiment a new hash.
 */
async function compressAnew(archive: Buffer): Promise<Buffer> {
  const compressed = await zip(await unzip(archive), { level: 9 });
  compressed[GZIP_SYSTEM_BYTE] = GZIP_SYSTEM_UNKNOWN;
  return compressed;
}

/** The hashes of what the manifest calls data: a result can then be traced to it even when the script around it has changed. */
async function hashData(folder: string, staging: string, files: readonly string[], declared: readonly string[]): Promise<DataFile[]> {
  const missing = declared.find((path) => !files.includes(path));
  if (missing !== undefined) throw new BrokenExperiment(`${join(folder, MANIFEST)}: data names "${missing}", which is not a file of the package`);
  return Promise.all(declared.map(async (path) => ({ path, sha256: sha256(await readFile(join(staging, path))) })));
}

async function readManifest(folder: string) {
  let content: unknown;
  try {
    content = parse(await readFile(join(folder, MANIFEST), 'utf8'));
  } catch (error) {
    throw new BrokenExperiment(`${join(folder, MANIFEST)} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = experimentManifest.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new BrokenExperiment(`${join(folder, MANIFEST)}: ${issuesOf(parsed.error).map((issue) => `${issue.path} ${issue.message}`).join('; ')}`);
}

async function experimentFolders(folders: string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    const names = (await readdir(folder)).map((name) => join(folder, name)).sort();
    for (const name of names) if (await isFile(join(name, MANIFEST))) found.push(name);
  }
  return found;
}

async function signatureOf(folder: string): Promise<string> {
  const files = await listFiles(folder);
  const facts = await Promise.all(files.map(async (file) => [file, (await stat(join(folder, file))).mtimeMs, (await stat(join(folder, file))).size]));
  return sha256(JSON.stringify(facts));
}

async function listFiles(folder: string, everything = false): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const links = entries.filter((entry) => entry.isSymbolicLink());
  const areFiles = await Promise.all(links.map((entry) => isFile(join(entry.parentPath, entry.name))));
  const linked = new Set(links.filter((_, index) => areFiles[index]));
  return entries
    .filter((entry) => entry.isFile() || linked.has(entry))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((path) => everything || !path.split('/').some((part) => LEFT_OUT.test(part)))
    .sort();
}

/** Whether a path leads to a file, through links too. */
async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && found.isFile();
}

async function copyPackage(folder: string, name: string, staging: string): Promise<void> {
  const source = await findPackageFolder(folder, name);
  if (source === null) throw new BrokenExperiment(`${join(folder, MANIFEST)}: bundle names "${name}", which is not installed beside it or beside XeeNet`);
  const target = join(staging, 'node_modules', name);
  await mkdir(dirname(target), { recursive: true });
  await cp(source, target, { recursive: true, dereference: true, filter: (path) => !relative(source, path).split('/').includes('node_modules') });
}

/** Looks in node_modules of the experiment and of every folder above it, then of XeeNet itself. */
async function findPackageFolder(folder: string, name: string): Promise<string | null> {
  const above: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    above.push(at);
    if (dirname(at) === at) break;
  }
  for (const place of [...above, dirname(import.meta.dirname)]) {
    const candidate = join(place, 'node_modules', name);
    const found = await stat(join(candidate, 'package.json')).catch(() => null);
    if (found !== null) return candidate;
  }
  return null;
}

/** The text of what runs, for people: the script that is started first, then the experiment's other source files. */
async function scriptOf(folder: string, files: string[], run: string[]): Promise<string> {
  const sources = files.filter((file) => TEXT.test(file));
  sources.sort((left, right) => Number(run.includes(right)) - Number(run.includes(left)));
  const texts = await Promise.all(sources.map(async (file) => `──── ${file} ────\n\n${await readFile(join(folder, file), 'utf8')}`));
  return texts.join('\n').slice(0, MOST_SCRIPT_CHARACTERS);
}
