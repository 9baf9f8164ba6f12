import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * The processes of one test run that still live, on Linux; elsewhere none are found. A process is of the run when its
 * environment carries the run's mark or, because a task's environment is scrubbed, when it works in the run's folder.
 */
export function leftProcesses(id: string, folder: string): { processId: number; command: string }[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      const marked = readProc(name, 'environ').split('\0').includes(`XEENET_TEST_RUN=${id}`);
      const workingFolder = linkedFolder(name);
      const inside = workingFolder === folder || workingFolder.startsWith(`${folder}/`);
      return (marked || inside) && !isZombie(name);
    })
    .map((name) => ({ processId: Number(name), command: readProc(name, 'cmdline').replaceAll('\0', ' ').trim() }));
}

/** A zombie has ended; it waits for its parent, or for the init of a container that never asks. */
const isZombie = (name: string): boolean => /^\d+ \(.*\) Z/s.test(readProc(name, 'stat'));

function readProc(name: string, file: string): string {
  try {
    return readFileSync(`/proc/${name}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function linkedFolder(name: string): string {
  try {
    return readlinkSync(`/proc/${name}/cwd`);
  } catch {
    return '';
  }
}
