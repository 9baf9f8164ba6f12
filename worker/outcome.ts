import { readFileSync } from 'node:fs';
import type { Metrics, Result } from '#core/result.ts';
import type { Ending } from './script.ts';

const MOST_TAIL_CHARACTERS = 2000;
const WORDS_OF_EXHAUSTION = /\bMemoryError\b|out of memory|OutOfMemoryError|heap limit|Cannot allocate memory|std::bad_alloc/i;

/** What is known of a finished script. */
export type Finished = { ending: Ending; limitSeconds: number; metrics: Metrics | null; errorTail: string; outOfMemoryKills: number };

/** What a finished script means: a result only where it ended by itself, without an error, and said what came out. */
export function toResult(finished: Finished): Result {
  const { ending, metrics } = finished;
  const { kind, message } = failure(finished);
  if (kind === null) return { outcome: 'completed', metrics: metrics ?? {}, error: null };
  const memory = ending.stopped === null && isOutOfMemory(finished) ? ' It probably ran out of memory.' : '';
  const tail = finished.errorTail.trim();
  return { outcome: 'failed', metrics: {}, error: { kind, message: `${message}${memory}${tail === '' ? '' : `\n${tail}`}` } };
}

/** Keeps the end of a text as it comes, at most 2,000 characters, from the beginning of a line where it was cut. */
export function createTail() {
  let kept = '';
  let isCut = false;
  return {
    add(text: string): void {
      const all = kept + text;
      isCut ||= all.length > MOST_TAIL_CHARACTERS;
      kept = all.slice(-MOST_TAIL_CHARACTERS);
    },
    text(): string {
      const lineEnd = kept.indexOf('\n');
      return (isCut && lineEnd >= 0 && lineEnd < kept.length - 1 ? kept.slice(lineEnd + 1) : kept).toWellFormed();
    },
  };
}

/** How many processes this system has killed for lack of memory since it started, where it counts them (Linux); else 0. */
export function countOutOfMemoryKills(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function failure({ ending, limitSeconds, metrics }: Finished): { kind: string; message: string } | { kind: null; message: '' } {
  const { stopped, spawnError, code, signal } = ending;
  if (spawnError !== null) return { kind: 'spawn', message: `The script could not be started: ${spawnError}.` };
  if (stopped === 'timeout') return { kind: 'timeout', message: `The script was still running after ${limitSeconds} s (start, budget and grace together) and was ended.` };
  if (stopped !== null && ending.exceeded !== null) return { kind: stopped, message: ending.exceeded };
  if (stopped !== null) return { kind: 'worker_stopped', message: 'The worker was told to stop while the script ran.' };
  if (signal !== null) return { kind: 'signal', message: `The script was ended by ${signal}.` };
  if (code !== 0) return { kind: 'exit_code', message: `The script ended with exit code ${code}.` };
  if (metrics === null) return { kind: 'no_result', message: 'The script ended without writing a result: a line with a JSON object that has no "step".' };
  return { kind: null, message: '' };
}

// The system's own killer leaves SIGKILL and a count; languages that notice by themselves leave words.
function isOutOfMemory({ ending, errorTail, outOfMemoryKills }: Finished): boolean {
  if (ending.signal === 'SIGKILL' || ending.code === 137) return outOfMemoryKills > 0;
  return ending.code !== 0 && WORDS_OF_EXHAUSTION.test(errorTail);
}
