// Where is a Chromium on this machine? Asked by the bootstrap and by every browser journey.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];

/**
 * @param {NodeJS.Platform} platform
 * @param {Record<string, string | undefined>} environment
 * @returns {string[]} the places to look at, best first
 */
export function chromiumPlaces(platform, environment) {
  if (environment.XEENET_CHROMIUM) return [environment.XEENET_CHROMIUM];
  const onPath = (environment.PATH ?? environment.Path ?? '').split(path.delimiter).filter((folder) => folder !== '')
    .map((folder) => names.map((name) => path.join(folder, platform === 'win32' ? `${name}.exe` : name)));
  // By name first: a Chromium late in PATH is better than a Chrome early in it.
  const byName = names.flatMap((_, index) => onPath.map((files) => String(files[index])));
  if (platform === 'darwin') {
    const programs = ['Chromium', 'Google Chrome', 'Microsoft Edge'];
    return [...byName, ...programs.map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`)];
  }
  if (platform === 'win32') {
    const roots = [environment.PROGRAMFILES, environment['PROGRAMFILES(X86)'], environment.LOCALAPPDATA];
    return [...byName, ...roots.flatMap((root) => root === undefined ? [] : [
      `${root}\\Chromium\\Application\\chrome.exe`, `${root}\\Google\\Chrome\\Application\\chrome.exe`,
      `${root}\\Microsoft\\Edge\\Application\\msedge.exe`,
    ])];
  }
  return byName;
}

/**
 * Finds a Chromium that starts: XEENET_CHROMIUM alone where it is set; else PATH, the usual places, playwright's cache.
 * @param {Record<string, string | undefined>} environment
 * @returns {string | undefined} the executable's path
 */
export function findChromium(environment = process.env) {
  const found = chromiumPlaces(process.platform, environment).find((file) => existsSync(file) && starts(file));
  if (found !== undefined || environment.XEENET_CHROMIUM) return found;
  const downloaded = playwrightPlace();
  return downloaded !== undefined && existsSync(downloaded) && starts(downloaded) ? downloaded : undefined;
}

/**
 * Ubuntu's chromium-browser is a script that only asks for a snap, so being there is not enough.
 * @param {string} file
 */
function starts(file) {
  // On Windows --version opens a window.
  if (process.platform === 'win32') return true;
  return spawnSync(file, ['--version'], { timeout: 20_000, stdio: 'ignore' }).status === 0;
}

function playwrightPlace() {
  try {
    return String(createRequire(import.meta.url)('playwright-core').chromium.executablePath());
  } catch {
    return undefined;
  }
}
