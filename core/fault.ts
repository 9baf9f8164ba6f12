/**
 * Kinds of errors for which the script is to blame: it ended by itself without a result that counts, or took more memory,
 * disk or processes than a task has anywhere: a worker is given only tasks whose requirements it meets. Whatever else ends
 * an attempt is the worker's fault, and so is what nobody knows.
 */
const FAULTS_OF_SCRIPTS: ReadonlySet<string> = new Set(['exit_code', 'signal', 'timeout', 'no_result', 'invalid_result', 'out_of_memory', 'out_of_disk', 'too_many_processes']);

/** Whether a failed attempt was the script's fault, so that its worker is paid for the time that it used. */
export function isFaultOfScript(kind: string): boolean {
  return FAULTS_OF_SCRIPTS.has(kind);
}
