import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { leftProcesses } from './left-processes.ts';
import { cloneFolder } from './stages.ts';

/** Where one run of all tests happens: a temporary folder that is also its home, and an environment marked as ours. */
export type TestRoom = {
  folder: string;
  environment: NodeJS.ProcessEnv;
  /** Removes the room and says what the run left behind: processes, and new files in the clone. */
  close: () => Promise<string[]>;
};

export function makeTestRoom(chromium: string | undefined): TestRoom {
  // The name is short because a Unix socket's path, and Chromium makes some here, may have 107 bytes only.
  const folder = mkdtempSync(path.join(os.tmpdir(), 'xeenet-'));
  // Run by root, PostgreSQL works as another user, who must get through to its own folder.
  chmodSync(folder, 0o711);
  const home = path.join(folder, 'home');
  mkdirSync(home);
  const id = path.basename(folder);
  const before = untracked();
  return {
    folder,
    environment: testEnvironment(folder, home, id, chromium),
    close: async () => {
      const complaints = await endLeftProcesses(id, folder);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
      const news = untracked().filter((file) => !before.includes(file));
      return [...complaints, ...news.map((file) => `A file appeared in the clone during the tests: ${file}`)];
    },
  };
}

function testEnvironment(folder: string, home: string, id: string, chromium: string | undefined): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    TMPDIR: folder, TMP: folder, TEMP: folder,
    HOME: home, USERPROFILE: home,
    XDG_CONFIG_HOME: path.join(home, 'config'), XDG_CACHE_HOME: path.join(home, 'cache'), XDG_DATA_HOME: path.join(home, 'share'),
    ...pythonEnvironment(),
    PYTHONDONTWRITEBYTECODE: '1',
    XEENET_TEST_RUN: id,
  };
  // A developer's own settings must not decide what the tests see.
  for (const name of Object.keys(environment)) {
    if (/^XEENET_(?!(TEST_RUN|PYTHON)$)/.test(name) || name === 'NODE_OPTIONS' || name === 'NODE_ENV') delete environment[name];
  }
  if (chromium !== undefined) environment.XEENET_CHROMIUM = chromium;
  return environment;
}

/**
 * With another home a version manager's python3 (pyenv, mise) would find no version, and Python none of the packages that
 * are installed for this user; so both are looked up while the home is still the real one.
 */
function pythonEnvironment(): NodeJS.ProcessEnv {
  const question = 'import site, sys; print(sys.executable); print(site.getuserbase())';
  const answer = spawnSync('python3', ['-c', question], { encoding: 'utf8', timeout: 60_000 });
  const folders = [path.join(cloneFolder, 'node_modules', '.bin')];
  const [executable, userBase] = answer.status === 0 ? answer.stdout.split('\n') : [];
  if (executable !== undefined && executable !== '') folders.push(path.dirname(executable));
  return {
    PATH: [...folders, process.env.PATH ?? ''].join(path.delimiter),
    ...(userBase === undefined || userBase === '' ? {} : { PYTHONUSERBASE: userBase }),
  };
}

/** Asks Python in the tests' own environment, as the tests do. */
export function canImportTorch(environment: NodeJS.ProcessEnv): boolean {
  return spawnSync(environment.XEENET_PYTHON ?? 'python3', ['-c', 'import torch'], { env: environment, stdio: 'ignore', timeout: 60_000 }).status === 0;
}

/** Files that git neither tracks nor ignores; nothing where the clone has no git. */
function untracked(): string[] {
  const words = ['ls-files', '--others', '--exclude-standard'];
  const answer = spawnSync('git', words, { cwd: cloneFolder, encoding: 'utf8' });
  return answer.status === 0 ? answer.stdout.split('\n').filter((line) => line !== '') : [];
}

/** What was ended a moment ago may need that moment; what is alive after it was forgotten, and is ended here. */
async function endLeftProcesses(id: string, folder: string): Promise<string[]> {
  const deadlineMs = performance.now() + 3_000;
  let left = leftProcesses(id, folder);
  while (left.length > 0 && performance.now() < deadlineMs) {
    await wait(100);
    left = leftProcesses(id, folder);
  }
  for (const { processId } of left) {
    try {
      process.kill(processId, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
  return left.map(({ processId, command }) => `The tests left a process running: ${processId} ${command}`);
}
