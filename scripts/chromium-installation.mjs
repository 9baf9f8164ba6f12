// The browser journeys need a Chromium; this gets one where there is none.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { findChromium } from './chromium.mjs';

/**
 * @param {(sentence: string) => void} say
 * @throws {Error} with a sentence that tells what to do, when there is none in the end
 */
export function ensureChromium(say) {
  if (findChromium() !== undefined) return;
  const named = process.env.XEENET_CHROMIUM;
  if (named) throw new ChromiumMissing(`XEENET_CHROMIUM names ${named}, which does not start: correct it or unset it.`);
  if (process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say('No Chromium found for the browser tests; installing the package chromium with apt-get, once.');
    if (apt('update')) apt('install', '-y', '--no-install-recommends', 'chromium');
    if (findChromium() !== undefined) return;
  }
  say('No Chromium found for the browser tests; downloading one with playwright-core, about 150 MB, once.');
  const program = path.join(path.dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')), 'cli.js');
  run(process.execPath, [program, 'install', 'chromium']);
  if (findChromium() !== undefined) return;
  throw new ChromiumMissing('The browser tests need Chromium or Chrome: install one, or name it in XEENET_CHROMIUM, and run the command again.');
}

/** Its message is the sentence for the person. */
export class ChromiumMissing extends Error {}

/** @param {string[]} words */
const apt = (...words) => run('apt-get', ['-q', ...words]);

/**
 * @param {string} command
 * @param {string[]} words
 */
function run(command, words) {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const answer = spawnSync(command, words, { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (answer.status !== 0) {
    const output = `${answer.stdout ?? ''}${answer.stderr ?? ''}${answer.error?.message ?? ''}`;
    process.stderr.write(`${output.trim().split('\n').slice(-8).join('\n')}\n`);
  }
  return answer.status === 0;
}
