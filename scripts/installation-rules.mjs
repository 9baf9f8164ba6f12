// The decisions of the bootstrap, apart from everything that touches the machine.
import { createHash } from 'node:crypto';

/**
 * @param {string} text such as `v26.10.0` or `26.10.0`
 * @returns {{ major: number, minor: number, patch: number } | null}
 */
export function parseVersion(text) {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text.trim());
  return match === null ? null : { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) };
}

/**
 * Identifies an installation: the same key means the same node_modules. Of package.json only what npm installs by counts,
 * so that a changed script or description installs nothing.
 * @param {string} packageText package.json
 * @param {string | null} lockText package-lock.json
 * @param {string} platform a node_modules copied from another kind of machine does not run here
 */
export function installationKey(packageText, lockText, platform) {
  const manifest = JSON.parse(packageText);
  const relevant = ['dependencies', 'devDependencies', 'optionalDependencies', 'overrides', 'allowScripts']
    .map((name) => manifest[name] ?? null);
  return createHash('sha256').update(JSON.stringify([relevant, lockText, platform])).digest('hex');
}

/**
 * @typedef {{ path: string, version: string, optional: boolean }} LockedPackage
 * @param {{ packages?: Record<string, { version?: string, optional?: boolean }> }} lock a parsed npm lockfile
 * @returns {LockedPackage[]} each package with its folder below the clone
 */
export function installedPackages(lock) {
  return Object.entries(lock.packages ?? {})
    .filter(([folder]) => folder !== '')
    .map(([folder, entry]) => ({ path: folder, version: entry.version ?? '', optional: entry.optional === true }));
}

/**
 * @param {{
 *   key: string,
 *   installedKey: string | null,
 *   wanted: LockedPackage[],
 *   installed: LockedPackage[] | null,
 *   isThere: (folder: string) => boolean,
 * }} facts `installed` is npm's own record inside node_modules, null without one
 * @returns {{ reason: string | null, adopt: boolean }} why to install, or null; `adopt`: installed by hand, and right
 */
export function decideInstallation({ key, installedKey, wanted, installed, isThere }) {
  if (installed === null) return { reason: 'there are none yet', adopt: false };
  if (installedKey !== null && installedKey !== key) return { reason: 'package.json or package-lock.json changed', adopt: false };
  const gone = installed.find((entry) => !isThere(entry.path));
  if (gone !== undefined) return { reason: `${gone.path} is incomplete`, adopt: false };
  if (installedKey === key) return { reason: null, adopt: false };
  const versions = new Map(installed.map((entry) => [entry.path, entry.version]));
  const wrong = wanted.find((entry) => {
    const version = versions.get(entry.path);
    return version === undefined ? !entry.optional : version !== entry.version;
  });
  if (wrong !== undefined) return { reason: `${wrong.path} is not the version that package-lock.json names`, adopt: false };
  return { reason: null, adopt: true };
}

/**
 * @param {string} answer what `node --version` printed
 * @param {string} wanted the exact version in package.json
 * @returns {string | null} the problem as a sentence
 */
export function runtimeProblem(answer, wanted) {
  const has = parseVersion(answer);
  const needs = parseVersion(wanted);
  const same = has !== null && needs !== null &&
    has.major === needs.major && has.minor === needs.minor && has.patch === needs.patch;
  return same ? null : `The Node of this clone, node_modules/.bin/node, should be ${wanted} and answers: ${answer}.`;
}

/**
 * @param {string} platform as in process.platform
 * @param {string} arch as in process.arch
 * @param {boolean} musl whether this is a Linux without glibc
 * @returns {string | null} why it cannot run here, and what to do
 */
export function supportedPlatform(platform, arch, musl) {
  const supported = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'win32-x64'];
  if (musl) return 'XeeNet brings its own Node, and that needs glibc: use Debian, Ubuntu, Fedora or another distribution with glibc instead of Alpine.';
  if (supported.includes(`${platform}-${arch}`)) return null;
  return `XeeNet brings its own Node and has none for ${platform}-${arch}: run it on one of ${supported.join(', ')}.`;
}

/** node_modules and npm's cache of it, measured. */
const neededBytes = 700e6;

/** What npm prints, and what a person can do about it; the first match counts. */
const causes = [
  { pattern: /ENOSPC|no space left/i, sentence: 'The disk is full: free about 1 GB and run the command again.' },
  { pattern: /EACCES|EPERM|EROFS|permission denied|read-only file system/i,
    sentence: 'No permission to write: make FOLDER and npm\'s cache (npm config get cache) writable for you, or clone into a folder of your own.' },
  { pattern: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET|FETCH_ERROR|CERT|network/i,
    sentence: 'The npm registry cannot be reached: check the network and the proxy (npm ping), then run the command again.' },
  { pattern: /\bE40[13]\b/, sentence: 'The npm registry refuses us: log in (npm login) or point npm at another registry, then run the command again.' },
  { pattern: /\bE404\b|ETARGET|notarget/, sentence: 'The npm registry lacks a package that package-lock.json names: use https://registry.npmjs.org or a complete mirror of it.' },
  { pattern: /EUSAGE|in sync/, sentence: 'package.json and package-lock.json disagree: run npm install once, and commit the lockfile.' },
  { pattern: /EINTEGRITY/, sentence: 'A package arrived damaged: run npm cache clean --force, then the command again.' },
  { pattern: /spawn \S*npm\S* ENOENT/, sentence: 'npm is not on the PATH: install it together with Node from https://nodejs.org.' },
];

/**
 * @param {string} output of npm, or an error's text
 * @param {string} folder the clone
 * @param {number} freeBytes on its disk; npm does not always say that this was the cause
 * @returns {string} one sentence that tells what to do
 */
export function explainFailure(output, folder, freeBytes = Infinity) {
  const spawned = causes.find((cause) => cause.pattern.source.startsWith('spawn') && cause.pattern.test(output));
  const cause = spawned ?? causes.find(({ pattern }) => pattern.test(output));
  if (cause === undefined && freeBytes < neededBytes) {
    return `The disk has ${Math.round(freeBytes / 1e6)} MB free and the packages need about ${neededBytes / 1e6}: free some and run the command again.`;
  }
  const sentence = cause?.sentence ?? 'The packages could not be installed: read the lines above, delete node_modules in FOLDER and run npm ci there by hand.';
  return sentence.replace('FOLDER', folder);
}
