// One installation at a time in one clone: a folder is the lock, because mkdir either makes it or fails.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const refreshMs = 2_000;
/** Ten missed refreshes: the holder was killed, or its machine is gone. */
const staleAfterMs = 20_000;
const pollMs = 250;

/**
 * Runs `work` alone among all processes that use this folder, waiting for others first.
 * @template T
 * @param {string} folder
 * @param {(sentence: string) => void} say
 * @param {(signal: AbortSignal) => Promise<T>} work the signal fires on Ctrl-C
 * @returns {Promise<T>}
 */
export async function withInstallationLock(folder, say, work) {
  const lock = path.join(folder, '.installation.lock');
  let told = false;
  while (!take(lock)) {
    if (stealStale(lock, Date.now())) continue;
    if (!told) say('Another command is installing packages here; waiting for it.');
    told = true;
    await wait(pollMs);
  }
  const stop = new AbortController();
  const refresh = setInterval(() => touch(lock), refreshMs);
  const interrupted = (/** @type {NodeJS.Signals} */ name) => {
    stop.abort();
    rmSync(lock, { recursive: true, force: true });
    process.exit(name === 'SIGINT' ? 130 : 143);
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    return await work(stop.signal);
  } finally {
    clearInterval(refresh);
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    rmSync(lock, { recursive: true, force: true });
  }
}

/**
 * @param {string} lock
 * @returns {boolean} whether it is ours now
 */
function take(lock) {
  try {
    mkdirSync(lock);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(path.join(lock, 'holder'), `${os.hostname()} ${process.pid}`);
  return true;
}

/** @param {string} lock */
function touch(lock) {
  try {
    utimesSync(lock, new Date(), new Date());
  } catch {
    // The lock was taken from us after a long stop of the machine; the work goes on, npm bears that.
  }
}

/**
 * Removes a lock whose holder is dead. The rename decides between two who find it dead at the same time.
 * @param {string} lock
 * @param {number} nowMs
 * @returns {boolean} whether it is worth trying to take it again at once
 */
export function stealStale(lock, nowMs) {
  const holder = readHolder(lock);
  if (holder === null) return true;
  const [host, processId] = holder.text.split(' ');
  const dead = host === os.hostname() && !isAlive(Number(processId));
  if (!dead && nowMs - holder.touchedMs < staleAfterMs) return false;
  const aside = `${lock}.${process.pid}.${nowMs}`;
  try {
    renameSync(lock, aside);
  } catch {
    return true;
  }
  if (readHolder(aside)?.text !== holder.text) {
    // Between our look and our rename another process stole it and took it; that one is alive.
    renameSync(aside, lock);
    return false;
  }
  rmSync(aside, { recursive: true, force: true });
  return true;
}

/**
 * @param {string} lock
 * @returns {{ text: string, touchedMs: number } | null} null when it has just gone
 */
function readHolder(lock) {
  try {
    const touchedMs = statSync(lock).mtimeMs;
    try {
      return { text: readFileSync(path.join(lock, 'holder'), 'utf8'), touchedMs };
    } catch {
      return { text: '', touchedMs };
    }
  } catch {
    return null;
  }
}

/** @param {number} processId */
function isAlive(processId) {
  if (!Number.isInteger(processId) || processId <= 0) return true;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
