import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { sep } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const WITHIN_MS = 10_000;

/** A living process. `started` tells two processes apart that had the same pid one after the other. */
export type ProcessEntry = { pid: number; parent: number; group: number; session: number; started: string; hasTerminal: boolean };

/** Every living process of this machine; empty on Windows, where trees are ended by `taskkill`. Zombies are not living. */
export async function listProcesses(platform: string = process.platform): Promise<ProcessEntry[]> {
  if (platform === 'linux') return listByProc();
  if (platform === 'win32') return [];
  try {
    const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=,tty=,lstart='], { timeout: WITHIN_MS, maxBuffer: 16 * 2 ** 20 });
    return parsePs(stdout);
  } catch {
    return [];
  }
}

/** What tells a process apart from every other with the same pid, also across a restart of the machine; null where there is none. */
export async function processStart(pid: number, platform: string = process.platform): Promise<string | null> {
  if (platform === 'linux') return readEntry(String(pid), bootId())?.started ?? null;
  if (platform !== 'win32') return (await listProcesses(platform)).find((entry) => entry.pid === pid)?.started ?? null;
  try {
    const { stdout } = await run('powershell', ['-NoProfile', '-Command', `(Get-Process -Id ${pid}).StartTime.Ticks`], { timeout: WITHIN_MS });
    return stdout.trim() === '' ? null : stdout.trim();
  } catch {
    return null;
  }
}

/** The rows of `ps -A -o pid=,ppid=,pgid=,stat=,tty=,lstart=`, for systems without /proc. */
export function parsePs(text: string): ProcessEntry[] {
  return text.split('\n').flatMap((row): ProcessEntry[] => {
    const [, pid, parent, group, state, terminal, started] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(.+?)\s*$/.exec(row) ?? [];
    if (pid === undefined || state === undefined || started === undefined || state.startsWith('Z')) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), session: 0, started, hasTerminal: !(terminal ?? '').startsWith('?') }];
  });
}

/**
 * Whether a process belongs to an attempt although it left the attempt's tree: its TMPDIR is inside the attempt's folder,
 * or it works there without a terminal (a person who looks around in a shell is left alone). Linux only.
 */
export function livesIn(entry: ProcessEntry, folder: string): boolean {
  const environment = readProc(`${entry.pid}/environ`);
  const temporary = environment.split('\0').find((pair) => pair.startsWith('TMPDIR='));
  if (temporary !== undefined && isInside(temporary.slice('TMPDIR='.length), folder)) return true;
  return !entry.hasTerminal && isInside(workingFolder(entry.pid), folder);
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}

function listByProc(): ProcessEntry[] {
  const boot = bootId();
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (readEntry(name, boot) ?? []) : []));
}

function readEntry(pid: string, boot: string): ProcessEntry | null {
  // The second field is the command in brackets and may itself hold brackets and blanks: proc(5), /proc/pid/stat.
  const stat = readProc(`${pid}/stat`);
  const [state, parent, group, session, terminal, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = rest[14];
  if (state === undefined || ticks === undefined || state === 'Z' || state === 'X') return null;
  return { pid: Number(pid), parent: Number(parent), group: Number(group), session: Number(session), started: `${boot} ${ticks}`, hasTerminal: terminal !== '0' };
}

function bootId(): string {
  return readProc('sys/kernel/random/boot_id').trim();
}

// A process may end between any two reads, and another user's is not readable: both read as nothing.
function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}

function workingFolder(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, '');
  } catch {
    return '';
  }
}
