import type { Experiment } from '#core/experiment.ts';
import type { Task } from '#core/task.ts';

/** Characters that no shell treats specially. */
const PLAIN = /^[\w./:@%+=,-]+$/;

/** The lines that train one configuration by hand, in a copy of the experiment's folder (a POSIX shell). */
export function runCommand(experiment: Pick<Experiment, 'run'>, task: Pick<Task, 'config' | 'seed' | 'timeBudgetSeconds'>): string {
  const config = JSON.stringify({ ...task.config, seed: task.seed, time_budget_seconds: task.timeBudgetSeconds });
  return `printf '%s' ${quoted(config)} > config.json\n${[...experiment.run, '--config-file', 'config.json'].map(quoted).join(' ')}`;
}

function quoted(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
