import type { z } from 'zod';
import type { Metrics, TaskError } from '#core/result.ts';
import type { claimedTask } from '#protocol/worker.ts';
import type { Sandbox, SandboxSettings } from './sandbox.ts';

/** A task as the server handed it out, with the lease that fences its attempt. */
export type Claim = z.output<typeof claimedTask>;

/** Which attempt something is about. */
export type AttemptName = { taskId: string; attempt: number };

/** What a worker tells whoever started it, as it happens. */
export type WorkerEvent =
  | { type: 'registered'; workerId: string; name: string; slots: number; remembered: boolean }
  | { type: 'contained'; mode: SandboxSettings['mode']; sandbox: Sandbox['said'] }
  | ({ type: 'started'; experiment: string; limitSeconds: number } & AttemptName)
  | ({ type: 'progress'; step: number; values: Record<string, number> } & AttemptName)
  | ({ type: 'finished'; seconds: number; metric: string; outcome: 'completed' | 'failed'; metrics: Metrics; error: TaskError | null } & AttemptName)
  | ({ type: 'delivered'; state: string; accepted: boolean } & AttemptName)
  | ({ type: 'refused'; detail: string } & AttemptName)
  | ({ type: 'lost' } & AttemptName)
  | { type: 'unreachable'; detail: string }
  | { type: 'reachable' }
  | { type: 'draining'; askedBy: 'server' | 'signal'; running: number }
  | { type: 'resumed' }
  | { type: 'ended'; reason: string };

/** Receives what happens. */
export type Emit = (event: WorkerEvent) => void;

/** The part of a pino logger that a worker uses. */
export type Log = Record<'debug' | 'info' | 'warn' | 'error', (fields: object, message: string) => void>;

/** The name of an attempt as it appears in file names and keys; task ids are letters, digits, dashes and underscores. */
export function attemptKey(name: { task_id: string; attempt: number }): string {
  return `${name.task_id}-${name.attempt}`;
}
