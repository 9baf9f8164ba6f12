import type { Random } from '#core/random.ts';
import type { MadeAttempt, MadeEnd } from './seed-attempts.ts';
import type { Row } from './seed-rows.ts';

const POINTS = 24;
const STEP = 20;

/** The learning curves of a task's last attempt: two falling lines that end at its value, as far as it has got. */
export function curveOf(taskId: string, end: MadeEnd, timeBudgetSeconds: number, now: number, random: Random): Row[] {
  const last = end.attempts.at(-1);
  if (last === undefined) return [];
  const target = end.value ?? 2.6;
  const share = last.state === 'completed' ? 1 : Math.min(1, ((last.state === 'running' ? now : last.finishedAt) - last.startedAt) / (timeBudgetSeconds * 1000));
  const points: Row[] = [];
  for (let point = 1; point <= Math.floor(POINTS * share); point += 1) {
    const left = Math.exp((-4 * point) / POINTS) - Math.exp(-4);
    const place = { task_id: taskId, attempt: last.attempt, step: point * STEP, at_seconds: Number(((timeBudgetSeconds * 0.9 * point) / POINTS).toFixed(3)) };
    const noise = point === POINTS ? 0 : 0.01 * random();
    points.push({ ...place, name: 'val_bpb', value: target + 2.2 * left + noise }, { ...place, name: 'train_loss', value: 0.69 * target + 1.6 * left + 0.02 * random() });
  }
  return points;
}

/** The log of an attempt: a few lines, which say that they are made up. */
export function logOf({ attempt, state, error }: MadeAttempt): string {
  const end = error === null ? '' : `${error.message}\n`;
  return `[synthetic] attempt ${attempt} (${state}); nothing was trained\nstep 20 of many\nstep 40 of many\n${end}`;
}
