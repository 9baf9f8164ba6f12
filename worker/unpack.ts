import { extract, list, type ReadEntry } from 'tar';

const MOST_ENTRIES = 50_000;
const MOST_BYTES = 2 * 2 ** 30;
const LONGEST_PATH = 1000;

/**
 * Unpacks a gzip-compressed tar into an empty folder, after all of it was looked through: only plain files and folders
 * with relative paths, of bounded number and size. Null when it is done, else what is wrong; then nothing was unpacked
 * or the folder is to be thrown away.
 */
export async function unpack(archive: string, folder: string): Promise<string | null> {
  try {
    const problem = await inspect(archive);
    if (problem !== null) return problem;
    // Owner and permissions of where it was packed mean nothing here; at most the executable bit does.
    await extract({ file: archive, cwd: folder, strict: true, noMtime: true, preserveOwner: false, onReadEntry: (entry) => (entry.mode = (entry.mode ?? 0o644) & 0o755 | 0o600) });
    return null;
  } catch (error) {
    return `it is not a readable archive (${error instanceof Error ? error.message : String(error)}).`;
  }
}

async function inspect(archive: string): Promise<string | null> {
  let problem: string | null = null;
  let entries = 0;
  let bytes = 0;
  await list({
    file: archive,
    strict: true,
    onReadEntry: (entry) => {
      entries += 1;
      bytes += entry.size;
      problem ??= fault(entry);
      if (entries > MOST_ENTRIES) problem ??= `it has more than ${MOST_ENTRIES} entries.`;
      if (bytes > MOST_BYTES) problem ??= `it is larger than ${MOST_BYTES} bytes when unpacked.`;
    },
  });
  return entries === 0 ? 'it is empty.' : problem;
}

function fault(entry: ReadEntry): string | null {
  const named = JSON.stringify(entry.path.slice(0, 200));
  if (!['File', 'OldFile', 'ContiguousFile', 'Directory', 'GNUDumpDir'].includes(entry.type)) return `${named} is a ${entry.type}; only files and folders are taken.`;
  const parts = entry.path.split('/');
  const isUnsafe = entry.path.length > LONGEST_PATH || entry.path.startsWith('/') || parts.includes('..') || /[\\\0]|^[A-Za-z]:/.test(entry.path);
  return isUnsafe ? `the path ${named} leads out of its folder.` : null;
}
