// The tests of the sandbox need bubblewrap; this gets one where it can. Without it they show that a worker says so.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** @param {(sentence: string) => void} say */
export function ensureBubblewrap(say) {
  if (process.platform !== 'linux' || isThere()) return;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say('No bubblewrap found for the tests of the sandbox; installing the package bubblewrap with apt-get, once.');
    // The lists may be older than the archive: then the first try fails and the second has new ones.
    if (!apt('install') && apt('update')) apt('install');
    if (isThere()) return;
  }
  say('Without bubblewrap the tests show only that a worker says so: install it (apt-get install bubblewrap) to test the sandbox.');
}

const isThere = () => run('bwrap', ['--version']);

/** @param {'install' | 'update'} verb */
const apt = (verb) => run('apt-get', ['-q', ...(verb === 'install' ? ['install', '-y', '--no-install-recommends', 'bubblewrap'] : ['update'])]);

/**
 * @param {string} program
 * @param {string[]} words
 */
function run(program, words) {
  return spawnSync(program, words, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, stdio: 'ignore' }).status === 0;
}
