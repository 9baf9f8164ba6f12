import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerEvent } from './events.ts';
import { createProgress } from './progress.ts';

const name = { taskId: 't1', attempt: 1 };
const STORY: WorkerEvent[] = [
  { type: 'registered', workerId: 'w1', name: 'lab-3', slots: 2, remembered: false },
  { type: 'started', ...name, experiment: 'char-lm', limitSeconds: 45 },
  { type: 'progress', ...name, step: 120, values: { train_loss: 2.3123456 } },
  { type: 'progress', ...name, step: 240, values: { val_bpb: 3.0212 } },
  { type: 'finished', ...name, seconds: 9.87, metric: 'val_bpb', outcome: 'completed', metrics: { val_bpb: 2.94112 }, error: null },
  { type: 'delivered', ...name, state: 'completed', accepted: true },
  { type: 'finished', ...name, seconds: 1, metric: 'val_bpb', outcome: 'failed', metrics: {}, error: { kind: 'exit_code', message: 'The script ended with exit code 1.\nTraceback' } },
  { type: 'unreachable', detail: 'connect ECONNREFUSED' },
  { type: 'reachable' },
  { type: 'draining', askedBy: 'signal', running: 1 },
  { type: 'ended', reason: 'drained' },
];

function tell(events: WorkerEvent[], isTTY: boolean, columns = 200): string {
  let text = '';
  const progress = createProgress({ isTTY, columns, write: (piece: string) => (text += piece) });
  for (const event of events) progress.onEvent(event);
  progress.end();
  return text;
}

test('into a file goes one line for each event that matters, and nothing else', () => {
  assert.deepEqual(tell(STORY, false).split('\n'), [
    'Registered as "lab-3" (w1) with 2 slots. Waiting for tasks.',
    '▶ t1  char-lm, attempt 1, at most 45 s',
    '✓ t1  val_bpb 2.941 after 9.9 s',
    '✗ t1  exit_code after 1.0 s: The script ended with exit code 1.',
    '! The server cannot be reached (connect ECONNREFUSED). What runs goes on; trying again.',
    'The server answers again.',
    'Finishing: 1 task still running, nothing new is taken.',
    'The worker has finished.',
    '',
  ]);
});

test('a terminal shows besides what runs, in place, with the numbers reported last', () => {
  const text = tell(STORY, true);
  assert.ok(text.includes('\r\u001b[2Kt1 step 240 train_loss 2.312 val_bpb 3.021'));
  assert.ok(text.includes('\r\u001b[2K✓ t1  val_bpb 2.941 after 9.9 s\n'));
  assert.ok(text.endsWith('\n'));
});

test('the changing line is never wider than the terminal', () => {
  for (const part of tell(STORY.slice(0, 4), true, 30).split('\n').flatMap((line) => line.split('\r\u001b[2K'))) {
    if (part.startsWith('t1')) assert.ok(part.length < 30, part);
  }
});

test('what scripts say cannot steer the terminal', () => {
  const hostile: WorkerEvent[] = [{ type: 'started', ...name, experiment: 'x', limitSeconds: 1 }, { type: 'progress', ...name, step: 1, values: { '\u001b[2Jgone\u0007': 1 } }];
  assert.ok(!tell(hostile, true).includes('\u001b[2J'));
});
