import { readdirSync, readFileSync } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toGb, type Limits } from './limits.ts';
import { membersOf, type Tree } from './process-tree.ts';

const LOOK_EVERY_MS = 250;
/** Sizes of files change slowly against a limit of gigabytes, and adding them up costs more. */
const LOOKS_PER_DISK_LOOK = 2;
const MOST_FILES = 200_000;

/** Which limit a task went beyond, and the sentence for people. */
export type Exceeded = { kind: 'out_of_memory' | 'out_of_disk' | 'too_many_processes'; message: string };

/**
 * Looks four times a second at what a tree of processes uses, and tells once when it is more than the limits; returns
 * what ends the watch. `isEnclosed` says that no process of the tree can leave it. Linux only.
 */
export function watchLimits(tree: Tree & { leader: number }, limits: Limits, isEnclosed: boolean, onExceeded: (exceeded: Exceeded) => void): () => void {
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (count: number): Promise<void> => {
    const members = isEnclosed ? descendantsOf(tree.leader) : await membersOf(tree);
    const exceeded = beyondProcesses(members, limits) ?? beyondMemory(members, limits) ?? (count % LOOKS_PER_DISK_LOOK === 0 ? await beyondDisk(members, tree.folder, limits) : null);
    if (isOver) return;
    if (exceeded !== null) onExceeded(exceeded);
    else timer = setTimeout(() => void look(count + 1), LOOK_EVERY_MS);
  };
  timer = setTimeout(() => void look(0), LOOK_EVERY_MS);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

/** Bytes on disk below a folder, links not followed; infinite where there are more files than anyone needs. */
export async function bytesBelow(folder: string, mostBytes: number): Promise<number> {
  const waiting = [folder];
  let bytes = 0;
  let files = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    // What vanishes between two looks takes no room.
    for (const entry of await readdir(next, { withFileTypes: true }).catch(() => [])) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) waiting.push(path);
      const found = await lstat(path).catch(() => null);
      bytes += 512 * (found?.blocks ?? 0);
      files += 1;
      if (files > MOST_FILES) return Infinity;
      if (bytes > mostBytes) return bytes;
    }
  }
  return bytes;
}

function beyondProcesses(members: number[], limits: Limits): Exceeded | null {
  if (members.length <= limits.processes && members.reduce((sum, pid) => sum + threadsOf(pid), 0) <= limits.processes) return null;
  return { kind: 'too_many_processes', message: `The script had more than ${limits.processes} processes and threads, this worker’s limit for a task, and was ended.` };
}

// Pages that processes share are counted for each in the first sum, which is quick; the second shares them out.
function beyondMemory(members: number[], limits: Limits): Exceeded | null {
  const residentBytes = members.reduce((sum, pid) => sum + residentBytesOf(pid), 0);
  if (residentBytes <= limits.memoryBytes || members.reduce((sum, pid) => sum + sharedOutBytesOf(pid), 0) <= limits.memoryBytes) return null;
  return { kind: 'out_of_memory', message: `The script used more than ${toGb(limits.memoryBytes)} GB of memory, this worker’s limit for a task, and was ended.` };
}

async function beyondDisk(members: number[], folder: string, limits: Limits): Promise<Exceeded | null> {
  const bytes = await bytesBelow(folder, limits.diskBytes);
  if (bytes + (await deletedBytesOf(members)) <= limits.diskBytes) return null;
  const message = bytes === Infinity ? `The script wrote more than ${MOST_FILES} files and was ended.` : `The script wrote more than ${toGb(limits.diskBytes)} GB to disk, this worker’s limit for a task, and was ended.`;
  return { kind: 'out_of_disk', message };
}

/** Files that were deleted while they are open take room that no folder shows. */
async function deletedBytesOf(members: number[]): Promise<number> {
  const seen = new Map<string, number>();
  for (const pid of members) {
    for (const name of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const path = `/proc/${pid}/fd/${name}`;
      if (!(await readlink(path).catch(() => '')).endsWith(' (deleted)')) continue;
      const found = await stat(path).catch(() => null);
      if (found?.isFile() === true) seen.set(`${found.dev} ${found.ino}`, 512 * found.blocks);
    }
  }
  return [...seen.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** A process and all below it: its whole tree where nobody can leave it. */
function descendantsOf(pid: number): number[] {
  const members = [pid];
  for (const member of members) {
    for (const thread of namesOf(`/proc/${member}/task`)) {
      for (const child of read(`/proc/${member}/task/${thread}/children`).trim().split(' ')) if (child !== '') members.push(Number(child));
    }
  }
  return members;
}

function threadsOf(pid: number): number {
  return namesOf(`/proc/${pid}/task`).length;
}

function residentBytesOf(pid: number): number {
  // In kibibytes: pages, which other files count in, have other sizes on other machines.
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

function sharedOutBytesOf(pid: number): number {
  const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1];
  return kibibytes === undefined ? residentBytesOf(pid) : 1024 * Number(kibibytes);
}

function namesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

// A process may end between any two reads; then it uses nothing.
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
