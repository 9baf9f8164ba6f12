import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Worker } from '#core/worker.ts';
import { between, html, markup, type Fragment } from '#web/html.ts';
import { paths } from '#web/paths.ts';
import { failureInFull, failureInShort } from './failure.ts';
import { choice, field, refusalNotice } from './field.ts';
import { configurationTable, copyable, crumbs, idLink, named, shortId } from './identity.ts';
import { gpuText, needsText, workerLink } from './machine.ts';
import { progressBar, settledOf } from './progress.ts';
import { spaceTable } from './space-table.ts';
import { card, emptyState, facts, pager, table } from './table.ts';

const HOSTILE = `</pre></textarea><script>alert(1)</script>" onload="alert(2)' onclick='alert(3)<img src=x onerror=alert(4)>&amp;`;

/** Every tag of a fragment with its attributes, read as a browser would. */
function assertInert(fragment: Fragment): void {
  const text = String(fragment);
  assert.doesNotMatch(text, /<script|<img/i);
  for (const [tag] of text.matchAll(/<[a-z][^>]*>/gi)) assert.doesNotMatch(tag.replaceAll(/"[^"]*"/g, '""'), /\son[a-z]+\s*=/i, tag);
}

test('hostile text stays text in every fragment', () => {
  const worker: Pick<Worker, 'id' | 'name'> = { id: HOSTILE, name: HOSTILE };
  const issues = [{ path: HOSTILE, message: HOSTILE }];
  const fragments = [
    card(HOSTILE, HOSTILE, HOSTILE),
    facts([[HOSTILE, HOSTILE]]),
    table(HOSTILE, [{ head: HOSTILE }], [{ id: HOSTILE, cells: [HOSTILE] }]),
    emptyState(HOSTILE, HOSTILE, HOSTILE),
    pager(HOSTILE, HOSTILE, { first: HOSTILE, next: HOSTILE }),
    named(HOSTILE, HOSTILE, HOSTILE),
    idLink(paths.task(HOSTILE), HOSTILE),
    crumbs([HOSTILE, HOSTILE]),
    configurationTable({ [HOSTILE]: HOSTILE }, { [HOSTILE]: HOSTILE }),
    copyable('x', HOSTILE, HOSTILE),
    workerLink(worker),
    html`${gpuText({ cpuModel: '', cpuCores: 1, ramGb: 1, gpus: [{ model: HOSTILE, vramGb: 1 }], platform: '', arch: '' })}${needsText({ [HOSTILE]: HOSTILE })}`,
    field({ name: HOSTILE, label: HOSTILE, value: HOSTILE, hint: HOSTILE }, issues),
    field({ name: 'x', label: HOSTILE, value: HOSTILE, type: 'textarea' }),
    choice({ name: 'x', label: HOSTILE, value: HOSTILE, options: [{ value: HOSTILE, text: HOSTILE }] }),
    refusalNotice({ code: 'invalid', detail: HOSTILE, issues }),
    failureInFull({ kind: HOSTILE, message: `${HOSTILE}\n${HOSTILE}` }),
    failureInShort({ kind: HOSTILE, message: `${HOSTILE}\n${HOSTILE}` }),
    spaceTable({ parameters: { [HOSTILE]: { type: 'choice', values: [HOSTILE], when: { [HOSTILE]: [HOSTILE] } } }, constraints: [HOSTILE] }),
  ];
  for (const fragment of fragments) assertInert(fragment);
});

test('a field keeps what was typed and says at its place what is wrong', () => {
  const text = String(field({ name: 'num_tasks', label: 'Tasks', value: '0', type: 'number', min: 1, hint: 'How many' }, [{ path: 'num_tasks', message: 'must be at least 1' }, { path: 'title', message: 'is needed' }]));
  assert.match(text, /value="0" min="1"/);
  assert.match(text, /aria-describedby="num_tasks-hint num_tasks-wrong" aria-invalid="true"/);
  assert.match(text, /id="num_tasks-wrong" class="wrong">must be at least 1</);
  assert.doesNotMatch(text, /is needed/);
});

test('a progress bar holds its parts in proportion and says them in words', () => {
  const counts = { pending: 17, running: 2, completed: 38, failed: 3, cancelled: 0 };
  const text = String(progressBar(counts));
  assert.match(text, /aria-label="38 completed, 2 running, 3 failed of 60"/);
  assert.match(text, /class="done" x="0" width="63.33"/);
  assert.match(text, /class="fail" x="66.67" width="5"/);
  assert.doesNotMatch(text, /class="gone"/);
  assert.equal(settledOf(counts), '41 / 60');
  assert.match(String(progressBar({ pending: 0, running: 0, completed: 0, failed: 0, cancelled: 0 })), /0 completed of 0/);
});

test('ids are short but whole on hover, and equal graphics cards are counted', () => {
  assert.equal(shortId('1m83b2gsgg32t6b7-21'), 'g32t6b7-21');
  assert.equal(shortId('local'), 'local');
  assert.equal(gpuText({ cpuModel: '', cpuCores: 1, ramGb: 1, gpus: [{ model: 'A', vramGb: 8 }, { model: 'A', vramGb: 8 }, { model: '', vramGb: 0 }], platform: '', arch: '' }), '2 × A, 8 GB; GPU');
});

test('a failure keeps the lines of what the script wrote, without the colours of a terminal', () => {
  const error = { kind: 'exit_code', message: 'The script ended with exit code 1.\nTraceback:\n  line 3\n\u001b[31mValueError\u001b[0m: no' };
  assert.match(String(failureInFull(error)), /^<p>The script ended with exit code 1\.<\/p><pre [^>]*>Traceback:\n  line 3\nValueError: no<\/pre>$/);
  const short = String(failureInShort(error));
  assert.match(short, /<small class="last-words">ValueError: no<\/small>/);
  assert.doesNotMatch(short.replace(/title="[^"]*"/, ''), /line 3/);
  assert.doesNotMatch(String(failureInFull({ kind: 'timeout', message: 'Too long.' })), /<pre/);
});

test('contents are joined with what stands between them, and only markup passes unescaped', () => {
  assert.equal(String(between(['a', html`<b>b</b>`, '<c>'], ', ')), 'a, <b>b</b>, &lt;c&gt;');
  assert.equal(String(html`${markup('<svg></svg>')}`), '<svg></svg>');
});
