import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const endings = ['ts', 'mjs', 'js', 'css', 'py', 'sql'];

/** Every source file of the clone that git tracks or would; all of them where there is no git. Paths with `/`. */
export function sourceFiles(clone: string): { file: string; text: string }[] {
  const git = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: clone, encoding: 'utf8' });
  const listed = git.status === 0
    ? git.stdout.split('\n')
    : globSync('**/*', { cwd: clone, exclude: (name) => name === 'node_modules' || name === 'data' || name.startsWith('.') });
  return listed
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => endings.some((ending) => file.endsWith(`.${ending}`)) && existsSync(path.join(clone, file)))
    .map((file) => ({ file, text: readFileSync(path.join(clone, file), 'utf8') }));
}
