import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkSpan } from '#store/work-span.ts';
import { busyLane, busyText, lastStretch, laneText, spanLane, spansWithin } from './lane.ts';

const MINUTE_MS = 60_000;
const NOW = 1_800_000_000_000;
const stretch = lastStretch(NOW - 1, 60 * MINUTE_MS);
const span = (number: number, from: number, until: number | null, state: WorkSpan['state'] = 'completed'): WorkSpan => ({
  taskId: `F-${number}`, attempt: 1, state, startedAt: NOW + from * MINUTE_MS, finishedAt: until === null ? null : NOW + until * MINUTE_MS,
});

test('the end of a stretch stands still for some seconds, and never lies in the past', () => {
  assert.deepEqual(lastStretch(NOW + 1, 1000), lastStretch(NOW + 15_000, 1000));
  assert.ok(lastStretch(NOW + 1, 1000).until > NOW);
});

test('each bar is a link to its task, within the lane, and its shape tells how it ended', () => {
  const lane = String(spanLane([span(1, -90, -50), span(2, -50, -40, 'failed'), span(3, -10, null, 'running')], stretch));
  assert.match(lane, /href="\/tasks\/F-1".*#1 completed in 40 min.*x="0" width="166.7" y="1" height="8"/s);
  assert.match(lane, /class="failed"[^>]*height="4.5"/);
  assert.match(lane, /class="running" x="833.3" width="166.7"/);
  assert.equal(spansWithin([span(1, -90, -61), span(2, -90, -50), span(3, -90, null)], stretch).length, 2);
});

test('tasks at the same time stand in rows of their own, four at most', () => {
  const rows = (many: number) => /data-rows="(\d)"/.exec(String(spanLane(Array.from({ length: many }, (_, index) => span(index + 1, -30, -10)), stretch)))?.[1];
  assert.deepEqual([rows(0), rows(1), rows(3), rows(9)], ['1', '1', '3', '4']);
});

test('words say what the eye sees', () => {
  assert.equal(laneText([span(1, -5, -4), span(2, -4, -3, 'lost'), span(3, -1, null, 'running')]), '1 completed, 1 lost, 1 running');
  assert.equal(laneText([]), 'idle');
  const minutes = [1, 2, 0].map((busy, index) => ({ at: NOW - (3 - index) * MINUTE_MS, busy, cpuPercent: null, ramUsedGb: null, gpuPercent: null }));
  assert.equal(busyText(minutes, 2), '50 % busy over 3 minutes');
  assert.equal(busyText([], 2), '');
  assert.equal(String(busyLane(minutes, 2, stretch)).match(/<rect/g)?.length, 2);
});
