import type { WorkerEvent } from './events.ts';

const CLEAR_LINE = '\r\u001b[2K';
const NARROWEST = 20;

/** The part of a terminal, or of a file, that progress is written to. */
export type ProgressStream = { write(text: string): unknown; isTTY?: boolean; columns?: number };

/** What is known of a running task: how far it is, and the numbers it reported last. */
type Underway = { step: number | null; values: Record<string, number> };

/**
 * Tells a person what a worker does: a line for each event that matters, and on a terminal one more at the bottom that
 * shows the running tasks and changes in place. `end` leaves the cursor on a line of its own.
 */
export function createProgress(stream: ProgressStream): { onEvent: (event: WorkerEvent) => void; end: () => void } {
  const running = new Map<string, Underway>();
  let shown = '';
  const show = () => {
    if (!stream.isTTY) return;
    const line = [...running].map(([taskId, one]) => describeTask(taskId, one)).join('  |  ');
    const next = printable(line).slice(0, Math.max(NARROWEST, (stream.columns || 80) - 1));
    if (next === shown) return;
    stream.write(`${CLEAR_LINE}${next}`);
    shown = next;
  };
  return {
    onEvent(event) {
      follow(running, event);
      const line = describe(event);
      if (line !== null) {
        stream.write(`${shown === '' ? '' : CLEAR_LINE}${printable(line)}\n`);
        shown = '';
      }
      show();
    },
    end() {
      if (shown !== '') stream.write('\n');
      shown = '';
    },
  };
}

/** An event as a line for people; null for those that are not worth one. */
export function describe(event: WorkerEvent): string | null {
  switch (event.type) {
    case 'registered':
      return `${event.remembered ? 'Back' : 'Registered'} as "${event.name}" (${event.workerId}) with ${plural(event.slots, 'slot')}. Waiting for tasks.`;
    case 'contained':
      return describeContainment(event);
    case 'started':
      return `▶ ${event.taskId}  ${event.experiment}, attempt ${event.attempt}, at most ${number(event.limitSeconds)} s`;
    case 'finished':
      return describeEnd(event);
    case 'refused':
      return `! ${event.taskId}  the server refused the result: ${event.detail}`;
    case 'lost':
      return `! ${event.taskId}  stopped, because the server gave it to another worker or no longer wants it`;
    case 'unreachable':
      return `! The server cannot be reached (${event.detail}). What runs goes on; trying again.`;
    case 'reachable':
      return 'The server answers again.';
    case 'draining':
      return `${event.askedBy === 'server' ? 'Draining, as the server asked' : 'Finishing'}: ${event.running === 0 ? 'nothing is running' : `${plural(event.running, 'task')} still running`}, nothing new is taken.`;
    case 'resumed':
      return 'Taking tasks again.';
    case 'ended':
      return event.reason === 'drained' || event.reason === 'stopped' ? `The worker has ${event.reason === 'drained' ? 'finished' : 'stopped'}.` : null;
    case 'progress':
    case 'delivered':
      return null;
  }
}

function describeContainment({ mode, sandbox }: Extract<WorkerEvent, { type: 'contained' }>): string {
  const { level, network, lacks } = sandbox;
  if (mode === 'off') return 'Sandbox off: tasks run as your own programs.';
  if (level === 'bubblewrap') return `Sandbox: bubblewrap. Tasks see their own folder, ${network === 'none' ? 'and no network' : 'and the network where their experiment asks for it'}.`;
  const kept = level === 'limits' ? 'limits only: tasks read the files that you read, and reach the network' : 'none: tasks run as your own programs';
  return `! Sandbox: ${kept}. ${lacks.join(' ')}`;
}

function describeEnd(event: Extract<WorkerEvent, { type: 'finished' }>): string {
  const { taskId, metric, metrics, error } = event;
  const took = `after ${event.seconds.toFixed(1)} s`;
  if (error !== null) return `✗ ${taskId}  ${error.kind} ${took}: ${error.message.split('\n', 1)[0]}`;
  const value = Object.hasOwn(metrics, metric) ? metrics[metric] : null;
  return `✓ ${taskId}  ${metric} ${typeof value === 'number' ? number(value) : 'without a finite value'} ${took}`;
}

function describeTask(taskId: string, { step, values }: Underway): string {
  const reported = Object.entries(values).map(([name, value]) => `${name} ${number(value)}`);
  return [taskId, ...(step === null ? ['starting'] : [`step ${step}`]), ...reported].join(' ');
}

function follow(running: Map<string, Underway>, event: WorkerEvent): void {
  if (event.type === 'started') running.set(event.taskId, { step: null, values: {} });
  if (event.type === 'finished' || event.type === 'lost') running.delete(event.taskId);
  const one = event.type === 'progress' ? running.get(event.taskId) : undefined;
  if (one === undefined || event.type !== 'progress') return;
  one.step = event.step;
  Object.assign(one.values, event.values);
}

// Names and reasons come from scripts and must not steer the terminal.
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Four significant digits, as everywhere people read numbers. */
function number(value: number): string {
  return String(Number(value.toPrecision(4)));
}
