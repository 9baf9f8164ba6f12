import { constants } from 'node:fs';
import { cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The folders of one attempt: the package's copy, in which the script starts, its configuration, home and temporary files. */
export type Scratch = { folder: string; package: string; configFile: string; home: string; temporary: string };

/**
 * Makes a fresh folder for an attempt. The package is copied, so that a script may write beside itself without changing
 * what others run; `node_modules` is only linked, as it can hold thousands of files and nobody writes there.
 */
export async function createScratch(folder: string, packageFolder: string, config: object): Promise<Scratch> {
  const scratch = { folder, package: join(folder, 'package'), configFile: join(folder, 'config.json'), home: join(folder, 'home'), temporary: join(folder, 'temporary') };
  await removeScratch(folder);
  for (const one of [folder, scratch.package, scratch.home, scratch.temporary]) await mkdir(one, { recursive: true, mode: 0o700 });
  for (const name of await readdir(packageFolder)) {
    const [from, to] = [join(packageFolder, name), join(scratch.package, name)];
    if (name === 'node_modules') await symlink(from, to, 'junction');
    else await cp(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE });
  }
  await writeFile(scratch.configFile, JSON.stringify(config, null, 2));
  return scratch;
}

/** Removes an attempt's folder; what a virus scanner or a dying process still holds is tried again. */
export async function removeScratch(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
