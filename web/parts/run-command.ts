import type { Experiment } from '#core/experiment.ts';
import type { Task } from '#core/task.ts';
import { paths } from '#web/paths.ts';

/** Characters that no shell treats specially. */
const PLAIN = /^[\w./:@%+=,-]+$/;

/** Enough of a hash to tell packages apart in a folder's name. */
const SHORT_HASH = 12;

/** The lines that train one configuration by hand, in a copy of the experiment's folder (a POSIX shell). */
export function runCommand(experiment: Pick<Experiment, 'run'>, task: Pick<Task, 'config' | 'seed' | 'timeBudgetSeconds'>): string {
  return `${writeConfiguration(task)}\n${startScript(experiment, 'config.json')}`;
}

/**
 * The lines that reproduce a run from nothing but this server's address: exactly the package that ran, by its hash, and
 * exactly its configuration (a POSIX shell with curl and tar). They stop at the first that fails, so that nothing runs
 * whose hash is another.
 */
export function reproduceCommand(
  source: { serverUrl: string; packageSha256: string },
  experiment: Pick<Experiment, 'run'>,
  task: Pick<Task, 'number' | 'config' | 'seed' | 'timeBudgetSeconds'>,
): string {
  const { serverUrl, packageSha256 } = source;
  const folder = `xeenet-${packageSha256.slice(0, SHORT_HASH)}-${task.number}`;
  // The configuration lies above the package, which may hold a file of the same name.
  const lines = [
    `mkdir -p ${folder}/package && cd ${folder}`,
    `curl -fsS ${quoted(`${serverUrl.replace(/\/+$/, '')}${paths.experimentPackage(packageSha256)}`)} -o package.tar.gz`,
    `echo '${packageSha256}  package.tar.gz' > package.sha256`,
    // What macOS has is called differently; where the hash is wrong, both refuse.
    '{ sha256sum -c package.sha256 || shasum -a 256 -c package.sha256; }',
    'tar -xzf package.tar.gz -C package',
    writeConfiguration(task),
    `cd package && ${startScript(experiment, '../config.json')}`,
  ];
  // In a shell of its own, so that the person's stays where it was.
  return `(${lines.join(' &&\n')})`;
}

function writeConfiguration(task: Pick<Task, 'config' | 'seed' | 'timeBudgetSeconds'>): string {
  const config = JSON.stringify({ ...task.config, seed: task.seed, time_budget_seconds: task.timeBudgetSeconds });
  return `printf '%s' ${quoted(config)} > config.json`;
}

function startScript(experiment: Pick<Experiment, 'run'>, file: string): string {
  return [...experiment.run, '--config-file', file].map(quoted).join(' ');
}

function quoted(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
