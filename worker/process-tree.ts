import { execFile } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { listProcesses, livesIn, type ProcessEntry } from './process-table.ts';

const LOOK_EVERY_MS = 25;
const MOST_LOOKS_AFTER_KILL = 200;

/**
 * A script's processes: the leader of its group (null when it is already gone) and the folder that only they use. Where
 * the leader is not the script but encloses it, it is only killed: told to end, it would take the script's time to end.
 */
export type Tree = { leader: number | null; folder: string; isEnclosed?: boolean };

/**
 * Ends every process of a tree: SIGTERM, and SIGKILL to what is left after `graceMs`; at once with 0. Reaches
 * grandchildren that changed their group or session. True when none is left; false when one could not be killed
 * within about 5 s, as when it hangs in the kernel.
 */
export async function killTree(tree: Tree, graceMs: number): Promise<boolean> {
  if (process.platform === 'win32') return killOnWindows(tree.leader);
  const known = new Map<number, string>();
  if (graceMs > 0) {
    const until = performance.now() + graceMs;
    signal(tree, await look(tree, known), 'SIGTERM');
    while (performance.now() < until) {
      await wait(LOOK_EVERY_MS);
      if ((await look(tree, known)).length === 0) return true;
    }
  }
  for (let looks = 0; looks < MOST_LOOKS_AFTER_KILL; looks++) {
    const alive = await look(tree, known);
    if (alive.length === 0) return true;
    signal(tree, alive, 'SIGKILL');
    await wait(looks === 0 ? 1 : LOOK_EVERY_MS);
  }
  return false;
}

/** The living processes of a tree. */
export async function membersOf(tree: Tree): Promise<number[]> {
  return look(tree, new Map());
}

// What was once seen in the tree stays in it, so that a process whose parent dies between two looks is not lost.
async function look({ leader, folder }: Tree, known: Map<number, string>): Promise<number[]> {
  const all = await listProcesses();
  const members = new Set<number>();
  const others: ProcessEntry[] = [];
  for (const entry of all) {
    if (entry.pid === process.pid || entry.pid === 1) continue;
    const ofGroup = leader !== null && (entry.pid === leader || entry.group === leader || entry.session === leader);
    if (ofGroup || known.get(entry.pid) === entry.started || (process.platform === 'linux' && livesIn(entry, folder))) members.add(entry.pid);
    else others.push(entry);
  }
  for (let grew = true; grew; ) {
    grew = false;
    for (const entry of others) {
      if (members.has(entry.pid) || !members.has(entry.parent)) continue;
      members.add(entry.pid);
      grew = true;
    }
  }
  for (const entry of all) if (members.has(entry.pid)) known.set(entry.pid, entry.started);
  return [...members];
}

function signal({ leader, isEnclosed = false }: Tree, all: number[], name: 'SIGTERM' | 'SIGKILL'): void {
  const members = isEnclosed && name === 'SIGTERM' ? all.filter((pid) => pid !== leader) : all;
  // The group first, in one call: what forks meanwhile is in it too.
  const targets = leader !== null && members.includes(leader) ? [-leader, ...members] : members;
  for (const target of targets) {
    try {
      process.kill(target, name);
    } catch {
      // It ended by itself in the meantime.
    }
  }
}

function killOnWindows(leader: number | null): Promise<boolean> {
  if (leader === null) return Promise.resolve(true);
  return new Promise((resolve) => {
    // 128: there is no such process any more.
    execFile('taskkill', ['/PID', String(leader), '/T', '/F'], (error) => resolve(error === null || error.code === 128));
  });
}
