import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { NO_COUNTS, totalCount, type Counts } from '#core/brief.ts';
import { matches, parseFilter, printFilter } from '#core/filter.ts';
import type { Filter, FilterContext } from '#core/filter/language.ts';
import { TASK_STATES, type Task } from '#core/task.ts';
import * as taskSearchModule from '#store/task-search.ts';
import type { SearchKey, SearchOrder } from '#store/task-search.ts';
import { insertTasks } from '#store/task.ts';
import { sql } from '#store/seam.ts';
import { covered } from '#test/conformance/covered.ts';
import { START_MS, type TestDatabase } from '#test/conformance/databases.ts';
import { HOSTILE_TEXTS } from '#test/conformance/hostile-texts.ts';
import { sampleBrief, sampleTask, sampleWorker, storeBrief, storeExperiment, storeWorker } from '#test/conformance/samples.ts';

const search = covered('task-search', taskSearchModule);
const NOW = START_MS + 200_000;

export function taskSearchSuite(database: TestDatabase): void {
  const all: Task[] = [];
  const context: FilterContext = {
    now: NOW,
    workers: new Map([['w1', { name: 'lab 3' }], ['w2', { name: 'twin' }], ['w3', { name: 'twin' }]]),
    families: new Map([['family-of-s1', { name: 'One', experiment: 'sample' }], ['family-of-s2', { name: 'Two', experiment: 'sample' }]]),
    briefs: new Map([['s1', { title: 'One' }], ['s2', { title: 'Two' }]]),
  };

  before(async () => {
    await storeExperiment(database.store);
    for (const [id, { name }] of context.workers) await storeWorker(database.store, sampleWorker(id, { name }));
    for (const [id, { title }] of context.briefs) await storeBrief(database.store, sampleBrief(id, { title }), 0);
    for (let index = 0; index < 60; index += 1) all.push(anyTask(index));
    await database.store.write(async (tx) => {
      await insertTasks(tx, all.map((task) => ({ ...task, state: 'pending' })), 'local');
      for (const { id, state, attempt, workerId, value, metrics, error, startedAt, finishedAt } of all) {
        await tx.run(sql`update tasks set state = ${state}, attempt = ${attempt}, worker_id = ${workerId}, value = ${value}, metrics = ${metrics === null ? null : JSON.stringify(metrics)},
          error = ${error === null ? null : JSON.stringify(error)}, started_at = ${startedAt}, finished_at = ${finishedAt} where id = ${id}`);
      }
    });
  });

  /** Every page of a search, each of which looks at few tasks. */
  async function findAll(filter: Filter, order: SearchOrder, lookAt: number): Promise<string[]> {
    const scope = await search.narrowSearch(database.store.reader, filter);
    const found: string[] = [];
    let after: SearchKey | null = null;
    for (let page = 0; page < 100; page += 1) {
      const finds = await search.searchTasks(database.store.reader, { scope, order, after, limit: 7, now: NOW, lookAt });
      assert.ok(finds.tasks.length <= 7);
      found.push(...finds.tasks.map((task) => task.id));
      if (finds.goOn === null) return found;
      after = finds.goOn;
    }
    return assert.fail('a search comes to an end');
  }

  test('every filter finds exactly the tasks that it lets pass, in every order', async () => {
    await fc.assert(fc.asyncProperty(anyFilter, fc.constantFrom(...ORDERS), fc.constantFrom(5, 20, 5000), async (text, order, lookAt) => {
      const parsed = parseFilter(text);
      assert.ok(parsed.ok, parsed.ok ? '' : `${text}: ${parsed.issue.message}`);
      const passing = all.filter((task) => matches(parsed.filter, task, context) && hasOrder(task, order));
      const found = await findAll(parsed.filter, order, lookAt);
      assert.deepEqual(found.toSorted(), passing.map((task) => task.id).toSorted(), printFilter(parsed.filter));
      assert.equal(new Set(found).size, found.length);
      const scope = await search.narrowSearch(database.store.reader, parsed.filter);
      assert.deepEqual(await search.countFinds(database.store.reader, { scope, order, now: NOW }), { counts: countsOf(passing), all: true });
    }), { numRuns: 150 });
  });

  test('orders are kept across pages', async () => {
    const ids = (order: SearchOrder, by: (task: Task) => number) => findAll({ terms: [] }, order, 5000).then((found) => found.map((id) => by(all.find((task) => task.id === id) ?? assert.fail(id))));
    const finished = await ids('finished', (task) => -(task.finishedAt ?? 0));
    assert.deepEqual(finished, finished.toSorted((left, right) => left - right));
    const durations = await ids('duration', (task) => (task.finishedAt ?? 0) - (task.startedAt ?? 0));
    assert.deepEqual(durations, durations.toSorted((left, right) => left - right));
  });

  test('a name that several have, and one that nobody has', async () => {
    const narrowed = (text: string) => {
      const parsed = parseFilter(text);
      return search.narrowSearch(database.store.reader, parsed.ok ? parsed.filter : assert.fail(text));
    };
    assert.deepEqual(await narrowed('worker:"lab 3" brief:One'), { familyId: 'family-of-s1', workerId: 'w1', state: null, rest: [] });
    assert.equal((await narrowed('worker:twin state:failed')).rest.length, 1);
    assert.deepEqual(await narrowed('worker:nobody'), { familyId: null, workerId: 'nobody', state: null, rest: [] });
    assert.equal((await narrowed('brief:family-of-s1')).familyId, '', 'the id of a family is no name of a brief');
    assert.equal((await narrowed('worker:w1 state:failed')).rest.length, 1);
    assert.equal((await narrowed('state:failed')).state, 'failed');
  });

  test('a count says when it has not seen everything', async () => {
    const scope = { familyId: null, workerId: null, state: null, rest: [] };
    const { counts, all: isAll } = await search.countFinds(database.store.reader, { scope, order: 'newest', now: NOW, lookAt: 10 });
    assert.deepEqual([totalCount(counts), isAll], [10, false]);
  });
}

const ORDERS: SearchOrder[] = ['newest', 'oldest', 'value', '-value', 'finished', 'duration', '-duration'];

function countsOf(tasks: readonly Task[]): Counts {
  const counts = { ...NO_COUNTS };
  for (const { state } of tasks) counts[state] += 1;
  return counts;
}

function hasOrder(task: Task, order: SearchOrder): boolean {
  if (order.endsWith('value')) return task.value !== null;
  if (order.endsWith('duration')) return task.finishedAt !== null && task.startedAt !== null;
  return order !== 'finished' || task.finishedAt !== null;
}

/** A task that has, by its index, a bit of everything. */
function anyTask(index: number): Task {
  const state = TASK_STATES[index % TASK_STATES.length] ?? 'pending';
  const ended = state === 'completed' || state === 'failed' || state === 'cancelled';
  const briefId = index % 2 === 0 ? 's1' : 's2';
  const started = state === 'pending' && index % 3 !== 0 ? null : START_MS + index * 1000;
  return sampleTask({ id: `family-of-${briefId}`, briefId }, Math.floor(index / 2) + 1, {
    state, seed: index % 4, priority: (index % 3) - 1, attempt: index % 3, workerId: started === null ? null : `w${(index % 3) + 1}`,
    config: { lr: [0.001, 0.01, 1e-12][index % 3] ?? 0, n: index % 5, text: HOSTILE_TEXTS[index % HOSTILE_TEXTS.length] ?? '', word: ['adam', '4', 'true'][index % 3] ?? '', on: index % 2 === 0, ...(index % 4 === 0 ? { only: 4 } : {}) },
    value: state === 'completed' ? [0.1 + 0.2, 5, -1e-7, 5][index % 4] ?? 0 : null, metrics: state === 'completed' ? { steps: index, device: 'cpu', none: null, 'a/b': 0.5 } : null,
    error: state === 'failed' ? { kind: index % 2 === 0 ? 'timeout' : 'crash', message: HOSTILE_TEXTS[index % HOSTILE_TEXTS.length] ?? '' } : null,
    createdAt: START_MS + index, startedAt: started, finishedAt: ended ? START_MS + index * 1000 + (index % 7) * 500 : null,
  });
}

const number = fc.oneof(fc.constantFrom('0', '1', '2.5', '4', '5', '-1e-7', '0.30000000000000004', '0.001', '1e-12', '1e300', '-1e300', '9007199254740993'), fc.integer({ min: -2, max: 40 }).map(String));
const moment = fc.constantFrom(new Date(START_MS).toISOString().slice(0, 10), new Date(START_MS + 60_000).toISOString().slice(0, 16), new Date(START_MS + 20_000).toISOString().slice(0, 19));
const age = fc.constantFrom('180s', '3min', '0.5ms', '150500ms', '1h');
const word = fc.constantFrom('adam', '4', '4.0', 'true', 'false', 'w1', '"lab 3"', 'twin', 'nobody', 'One', 's2', 'family-of-s1', 'sample', 'timeout', 'cpu', 'null', JSON.stringify('"\\\'%_'), ...HOSTILE_TEXTS.filter((text) => !/\0/.test(text) && text.isWellFormed() && text.length < 500).map((text) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`));
const compare = fc.constantFrom('=', '!=', '<', '<=', '>', '>=');
const equal = fc.constantFrom(':', '!=');
const listOf = (value: fc.Arbitrary<string>) => fc.array(value, { minLength: 1, maxLength: 3 }).map((values) => values.join(','));
const term = fc.oneof(
  fc.tuple(fc.constant('state'), equal, listOf(fc.constantFrom(...TASK_STATES))),
  fc.tuple(fc.constantFrom('worker', 'family', 'brief', 'experiment', 'error', 'word', 'text', 'on', 'only', 'metrics.device', 'metrics.none', 'missing'), equal, listOf(word)),
  fc.tuple(fc.constantFrom('value', 'number', 'seed', 'attempt', 'priority', 'duration', 'lr', 'n', 'only', 'word', 'metrics.steps', 'metrics.a/b'), compare, number),
  fc.tuple(fc.constantFrom('created', 'started', 'finished'), compare, moment),
  fc.tuple(fc.constantFrom('created', 'started', 'finished'), fc.constantFrom('<', '<=', '>', '>='), age),
);
const anyFilter = fc.array(fc.tuple(fc.constantFrom('', '-'), term), { maxLength: 3 }).map((terms) => terms.map(([not, parts]) => `${not}${parts.join('')}`).join(' '));
