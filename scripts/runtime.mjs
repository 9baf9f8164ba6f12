// Loaded before every program of package.json. Where npm is told to ignore scripts, it skips our preparation without a
// word, and an old Node would then only complain about the ending of a file name.
import { existsSync } from 'node:fs';

const prepared = existsSync(new URL('../node_modules/.xeenet-installation', import.meta.url));
if (!prepared || Number(process.versions.node.split('.')[0]) < 26) {
  process.stderr.write(
    'The packages are not prepared, probably because npm is told to ignore scripts. Run "node scripts/bootstrap.mjs" once, then this command again.\n');
  process.exit(1);
}
