import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Task } from '#core/task.ts';
import { insertAction, putOpenTasks } from '#store/action.ts';
import * as attemptModule from '#store/attempt.ts';
import * as taskModule from '#store/task.ts';
import type { TaskKey, TaskSort } from '#store/task.ts';
import * as taskValueModule from '#store/task-value.ts';
import { covered } from '#test/conformance/covered.ts';
import { START_MS, type TestDatabase } from '#test/conformance/databases.ts';
import { HOSTILE_TEXTS } from '#test/conformance/hostile-texts.ts';
import { sampleAttempt, sampleBrief, sampleTask, sampleWorker, storeBrief, storeExperiment, storeWorker } from '#test/conformance/samples.ts';

const attempts = covered('attempt', attemptModule);
const tasks = covered('task', taskModule);
const taskValues = covered('task-value', taskValueModule);

const keyOf = (task: Task): TaskKey => ({ familyId: task.familyId, number: task.number, value: task.value, finishedAt: task.finishedAt, id: task.id });

export function taskSuite(database: TestDatabase): void {
  before(async () => {
    await storeExperiment(database.store);
    for (const id of ['w1', 'w2']) await storeWorker(database.store, sampleWorker(id));
  });
  const complete = (task: Task, value: number, at: number) =>
    database.store.write((tx) => tasks.endTask(tx, { id: task.id, state: 'completed', value, metrics: { val_bpb: value }, error: null, finishedAt: at }));

  test('tasks come back as they were written, more of them than one statement holds', async () => {
    const { family } = await storeBrief(database.store, sampleBrief('t00'), 0);
    const all = Array.from({ length: 333 }, (_, index) =>
      sampleTask(family, index + 1, { seed: 2 ** 31 - 1 - index, priority: 1 - index, timeBudgetSeconds: 0.1 * index + 0.1, config: { lr: 0.1 + 0.2, text: HOSTILE_TEXTS[index % HOSTILE_TEXTS.length] ?? '', on: index % 2 === 0 } }),
    );
    await database.store.write((tx) => tasks.insertTasks(tx, all, 'local'));
    assert.deepEqual(await tasks.listTasks(database.store.reader, { limit: 500, sort: 'oldest', after: null, familyId: family.id, state: null, workerId: null }), all);
    assert.deepEqual(await tasks.findTask(database.store.reader, `${family.id}-7`), all[6]);
    assert.equal(await tasks.findTask(database.store.reader, 'missing'), null);
    assert.deepEqual(await tasks.listConfigurations(database.store.reader, family.id, 500), all.map((task) => task.config));
  });

  test('the schema refuses two tasks of one number, and a completed task without a value', async () => {
    const { family, tasks: [one] } = await storeBrief(database.store, sampleBrief('t01'), 1);
    assert.ok(one !== undefined);
    await assert.rejects(database.store.write((tx) => tasks.insertTasks(tx, [sampleTask(family, 1, { id: 'other' })], 'local')), /constraint/i);
    const end = (state: Task['state'], value: number | null) => database.store.write((tx) => tasks.endTask(tx, { id: one.id, state, value, metrics: null, error: null, finishedAt: 1 }));
    await assert.rejects(end('completed', null), /constraint/i);
    await assert.rejects(end('failed', 1), /constraint/i);
  });

  test('tasks are handed out by priority, then by number, each once', async () => {
    const { family } = await storeBrief(database.store, sampleBrief('t02'), 0);
    const priorities = [0, 5, 0, 5, -1];
    await database.store.write((tx) => tasks.insertTasks(tx, priorities.map((priority, index) => sampleTask(family, index + 1, { priority })), 'local'));
    const take = (most: number) => database.store.write((tx) => tasks.takePendingTasks(tx, family.id, 'w1', most, START_MS + 7));
    const waiting = await tasks.findTask(database.store.reader, `${family.id}-1`);
    assert.ok(waiting !== null);
    assert.equal(await tasks.countAhead(database.store.reader, waiting, 100), 2);
    assert.equal(await tasks.countAhead(database.store.reader, waiting, 1), 1);
    const first = await take(3);
    assert.deepEqual(first.map((task) => task.number), [2, 4, 1]);
    assert.ok(first.every((task) => task.state === 'running' && task.attempt === 1 && task.workerId === 'w1' && task.startedAt === START_MS + 7));
    assert.deepEqual((await take(9)).map((task) => task.number), [3, 5]);
    assert.deepEqual(await take(9), []);
    await database.store.write((tx) => tasks.endTask(tx, { id: `${family.id}-3`, state: 'pending', value: null, metrics: null, error: { kind: 'oops', message: HOSTILE_TEXTS.join('') }, finishedAt: null }));
    assert.deepEqual((await tasks.findTask(database.store.reader, `${family.id}-3`))?.error, { kind: 'oops', message: HOSTILE_TEXTS.join('') });
    assert.deepEqual((await take(9)).map((task) => [task.number, task.attempt, task.error]), [[3, 2, null]]);
  });

  test('every order of tasks pages by key without a gap or a repetition', async () => {
    const { family, tasks: all } = await storeBrief(database.store, sampleBrief('t03'), 12);
    const values = [3, 1, 2, 2, 2, 1e-300, 1e300, -5, 0, 3];
    for (const [index, value] of values.entries()) await complete(all[index] as Task, value, START_MS + (index % 3));
    const byValue = (left: Task, right: Task) => (left.value ?? 0) - (right.value ?? 0) || left.number - right.number;
    const expected: Record<TaskSort, (stored: Task[]) => Task[]> = {
      newest: (stored) => stored.toReversed(),
      oldest: (stored) => stored,
      value: (stored) => stored.filter((task) => task.value !== null).toSorted(byValue),
      '-value': (stored) => stored.filter((task) => task.value !== null).toSorted(byValue).reverse(),
      finished: (stored) => stored.filter((task) => task.finishedAt !== null).toSorted((left, right) => (right.finishedAt ?? 0) - (left.finishedAt ?? 0)),
    };
    const list = (sort: TaskSort, limit: number, after: TaskKey | null, state: Task['state'] | null = null) =>
      tasks.listTasks(database.store.reader, { limit, sort, after, familyId: family.id, state, workerId: null });
    const stored = await list('oldest', 500, null);
    for (const sort of Object.keys(expected) as TaskSort[]) {
      const whole = await list(sort, 500, null);
      if (sort === 'finished') assert.deepEqual(whole.map((task) => task.finishedAt), expected[sort](stored).map((task) => task.finishedAt));
      else assert.deepEqual(whole, expected[sort](stored), sort);
      const paged: Task[] = [];
      for (let page = await list(sort, 3, null); page.length > 0; page = await list(sort, 3, keyOf(page.at(-1) as Task))) paged.push(...page);
      assert.deepEqual(paged, whole, sort);
    }
    assert.equal((await list('oldest', 500, null, 'pending')).length, 2);
    assert.deepEqual(await tasks.listTasks(database.store.reader, { limit: 500, sort: 'oldest', after: null, familyId: family.id, state: null, workerId: 'w2' }), []);
  });

  test('a value finds its neighbours in the order of values, ties by number', async () => {
    const { family, tasks: all } = await storeBrief(database.store, sampleBrief('t04'), 5);
    for (const [index, value] of [2, 1, 2, 3].entries()) await complete(all[index] as Task, value, START_MS);
    const order = [[1, 2], [2, 1], [2, 3], [3, 4]].map(([value, number]) => ({ value: value as number, number: number as number }));
    for (const [index, place] of order.entries()) {
      const next = await tasks.neighbourValue(database.store.reader, family.id, place, 'after');
      const previous = await tasks.neighbourValue(database.store.reader, family.id, place, 'before');
      assert.deepEqual([next && { ...next }, previous && { ...previous }], [order[index + 1] ?? null, order[index - 1] ?? null]);
    }
  });

  test('doubles come back exactly', async () => {
    const values = [0.1 + 0.2, 1 / 3, 5e-324, 2 ** -1022, Number.MAX_VALUE, -Number.MAX_VALUE, -1e-7, 2 ** 53 + 2, 123456789.12345679, 4.35];
    const { tasks: all } = await storeBrief(database.store, sampleBrief('t05'), values.length);
    for (const [index, value] of values.entries()) {
      await complete(all[index] as Task, value, START_MS);
      const task = await tasks.findTask(database.store.reader, all[index]?.id ?? '');
      assert.deepEqual([task?.value, task?.metrics], [value, { val_bpb: value }]);
    }
  });

  test('values are read without their tasks, by page or by number', async () => {
    const { family, tasks: all } = await storeBrief(database.store, sampleBrief('t07'), 5);
    await complete(all[2] as Task, 0.5, START_MS);
    const expected = all.map((task, index) => ({ id: task.id, number: task.number, state: index === 2 ? 'completed' : 'pending', value: index === 2 ? 0.5 : null }));
    const { reader } = database.store;
    assert.deepEqual(await taskValues.listTaskValues(reader, family.id, { limit: 9, after: null }), expected);
    assert.deepEqual(await taskValues.listTaskValues(reader, family.id, { limit: 2, after: 1 }), expected.slice(1, 3));
    assert.deepEqual(await taskValues.sampleTaskValues(reader, family.id, [5, 3, 99]), [expected[2], expected[4]]);
    assert.deepEqual(await taskValues.sampleTaskValues(reader, family.id, []), []);
    const runs = await taskValues.listTaskRuns(reader, family.id, { limit: 2, after: 2 });
    assert.deepEqual(runs.map((run) => [run.number, run.state, run.value, run.finishedAt]), [[3, 'completed', 0.5, START_MS], [4, 'pending', null, null]]);
    assert.deepEqual(runs.map((run) => [run.id, run.config, run.seed]), all.slice(2, 4).map((task) => [task.id, task.config, task.seed]));
  });

  test('the best value before a number is the first of equals, in either direction', async () => {
    const { family, tasks: all } = await storeBrief(database.store, sampleBrief('t08'), 6);
    for (const [index, value] of [3, 1, 2, 1, 3].entries()) await complete(all[index] as Task, value, START_MS);
    const best = (direction: 'minimize' | 'maximize', number: number) => taskValues.bestBefore(database.store.reader, family.id, direction, number).then((found) => found && { ...found });
    assert.deepEqual(await best('minimize', Number.MAX_SAFE_INTEGER), { number: 2, value: 1 });
    assert.deepEqual(await best('maximize', 6), { number: 1, value: 3 });
    assert.deepEqual(await best('minimize', 2), { number: 1, value: 3 });
    assert.equal(await best('minimize', 1), null);
  });

  test('cancelling takes what is pending or running and leaves what has ended', async () => {
    const { family, tasks: all } = await storeBrief(database.store, sampleBrief('t06'), 4);
    await database.store.write((tx) => tasks.takePendingTasks(tx, family.id, 'w1', 2, START_MS));
    await complete(all[0] as Task, 1, START_MS);
    assert.equal(await database.store.write((tx) => tasks.cancelOpenTasks(tx, family.id, START_MS + 9)), 3);
    const stored = await tasks.listTasks(database.store.reader, { limit: 9, sort: 'oldest', after: null, familyId: family.id, state: null, workerId: null });
    assert.deepEqual(stored.map((task) => [task.state, task.finishedAt]), [['completed', START_MS], ...Array.from({ length: 3 }, () => ['cancelled', START_MS + 9])]);
  });

  test('the last accepted runs of a worker in a family tell how long they took and how many steps they made', async () => {
    const { family, tasks: all } = await storeBrief(database.store, sampleBrief('t21'), 4);
    await database.store.write((tx) => tasks.takePendingTasks(tx, family.id, 'w1', 4, START_MS));
    for (const [index, metrics] of [{ steps_completed: 5 }, { steps_completed: 'many' }, { steps_completed: 7 }].entries()) {
      const task = all[index] as Task;
      await database.store.write((tx) => tasks.endTask(tx, { id: task.id, state: 'completed', value: 1, metrics, error: null, finishedAt: START_MS + 1000 * (index + 1) }));
    }
    assert.deepEqual(await tasks.listEarlierRuns(database.store.reader, 'w1', family.id, 2), [{ seconds: 3, steps: 7 }, { seconds: 2, steps: null }]);
    assert.deepEqual(await tasks.listEarlierRuns(database.store.reader, 'w2', family.id, 2), []);
  });

  test('people change a task that has no value, and revive what an action cancelled', async () => {
    const { family, tasks: all } = await storeBrief(database.store, sampleBrief('t20'), 3);
    const [one, two, three] = all as [Task, Task, Task];
    const revised = { ...one, state: 'failed' as const, priority: 9, error: { kind: 'k', message: 'm' }, finishedAt: START_MS, attemptsBefore: 4 };
    await database.store.write((tx) => tasks.reviseTask(tx, revised));
    await complete(two, 1, START_MS);
    await database.store.write((tx) => tasks.reviseTask(tx, { ...two, state: 'cancelled', finishedAt: 1 }));
    const found = await tasks.findTasks(database.store.reader, [two.id, 'missing', one.id]);
    assert.deepEqual([found[0], found[1]?.state, found.length], [revised, 'completed', 2]);
    assert.deepEqual(await tasks.findTasks(database.store.reader, []), []);
    await database.store.write(async (tx) => {
      await insertAction(tx, { id: 'revived', ownerId: 'local', verb: 'cancel-brief', briefId: null, familyId: null, undoes: null, title: '', filter: null, priority: null, beforeState: null, total: 2, done: 2, refused: 0, stopped: 0, position: null, undoneBy: null, createdAt: 0, finishedAt: null }, { id: '', until: 0 });
      await putOpenTasks(tx, 'revived', family.id);
      await tasks.cancelOpenTasks(tx, family.id, START_MS);
    });
    assert.equal(await database.store.write((tx) => tasks.reviveTasks(tx, family.id, 'revived')), 1);
    assert.deepEqual(await tasks.findTask(database.store.reader, three.id), three);
  });
}

export function attemptSuite(database: TestDatabase): void {
  before(async () => {
    await storeExperiment(database.store);
    for (const id of ['w1', 'w2']) await storeWorker(database.store, sampleWorker(id));
  });

  test('an attempt comes back as it was written and ends once', async () => {
    const { tasks: [task] } = await storeBrief(database.store, sampleBrief('a00'), 1);
    assert.ok(task !== undefined);
    const attempt = sampleAttempt(task, 'w1', { leaseToken: HOSTILE_TEXTS[0] ?? '' });
    await database.store.write((tx) => attempts.insertAttempt(tx, attempt));
    assert.deepEqual(await attempts.findAttempt(database.store.reader, task.id, 1), { ...attempt, result: null, releasedAt: null });
    assert.equal(await attempts.findAttempt(database.store.reader, task.id, 2), null);
    const end = { taskId: task.id, attempt: 1, state: 'failed' as const, result: '{"a":1}', metrics: { loss: 0.1, note: 'x', none: null, on: true }, error: { kind: 'k', message: 'm' }, finishedAt: START_MS + 3 };
    assert.equal(await database.store.write((tx) => attempts.endAttempt(tx, end)), true);
    assert.equal(await database.store.write((tx) => attempts.endAttempt(tx, { ...end, state: 'completed' })), false);
    const { taskId: _task, attempt: _number, ...ended } = end;
    assert.deepEqual(await attempts.findAttempt(database.store.reader, task.id, 1), { ...attempt, ...ended, releasedAt: null });
    await database.store.write((tx) => attempts.insertAttempt(tx, sampleAttempt(task, 'w2', { attempt: 2 })));
    assert.deepEqual((await attempts.listAttempts(database.store.reader, task.id, 9)).map((one) => one.attempt), [1, 2]);
    assert.deepEqual((await attempts.listAttempts(database.store.reader, task.id, 1)).map((one) => one.attempt), [1]);
    const spans = (limit: number, after: { number: number; attempt: number } | null) => attempts.listAttemptSpans(database.store.reader, task.familyId, { limit, after });
    const [first, second] = await spans(9, null);
    assert.deepEqual(first, { taskId: task.id, number: 1, attempt: 1, workerId: 'w1', state: 'failed', startedAt: attempt.startedAt, finishedAt: START_MS + 3 });
    assert.deepEqual([second?.attempt, second?.workerId, second?.finishedAt], [2, 'w2', null]);
    assert.deepEqual(await spans(1, first ?? null), [second]);
    assert.deepEqual(await spans(9, second ?? null), []);
    await assert.rejects(database.store.write((tx) => attempts.insertAttempt(tx, attempt)), /constraint/i);
    await assert.rejects(database.store.write((tx) => attempts.insertAttempt(tx, sampleAttempt({ id: 'missing' }, 'w1'))), /constraint/i);
  });

  test('a worker renews the leases it holds and no others', async () => {
    const { tasks: all } = await storeBrief(database.store, sampleBrief('a01'), 3);
    for (const [index, task] of all.entries()) await database.store.write((tx) => attempts.insertAttempt(tx, sampleAttempt(task, index === 2 ? 'w2' : 'w1')));
    const names = [...all.map((task) => ({ taskId: task.id, attempt: 1 })), { taskId: all[0]?.id ?? '', attempt: 2 }, { taskId: 'missing', attempt: 1 }];
    const renewed = await database.store.write((tx) => attempts.renewLeases(tx, 'w1', names, START_MS + 99));
    assert.deepEqual(renewed.toSorted((left, right) => (left.taskId < right.taskId ? -1 : 1)), names.slice(0, 2));
    assert.deepEqual(await database.store.write((tx) => attempts.renewLeases(tx, 'w1', [], START_MS)), []);
    const many = Array.from({ length: 1024 }, (_, index) => ({ taskId: `missing-${index}`, attempt: 1 }));
    assert.deepEqual(await database.store.write((tx) => attempts.renewLeases(tx, 'w1', many, START_MS)), []);
    const expiries = await Promise.all(all.map(async (task) => (await attempts.findAttempt(database.store.reader, task.id, 1))?.leaseExpiresAt));
    assert.deepEqual(expiries, [START_MS + 99, START_MS + 99, START_MS + 60_000]);
    const held = await attempts.listHeldAttempts(database.store.reader, 'w1', 500);
    assert.ok(held.every((one) => one.workerId === 'w1' && one.state === 'running'));
    assert.deepEqual(held.filter((one) => one.taskId.includes('a01')).map((one) => one.taskId), [all[0]?.id, all[1]?.id]);
  });

  test('overdue attempts are those past their lease, which heartbeats renew to the deadline at most', async () => {
    const { family, tasks: all } = await storeBrief(database.store, sampleBrief('a02'), 3);
    const far = START_MS + 1e9;
    const limits = [[far, far], [START_MS - 50, far], [START_MS - 50, START_MS - 50]];
    for (const [index, task] of all.entries()) {
      const [leaseExpiresAt = 0, deadlineAt = 0] = limits[index] ?? [];
      await database.store.write((tx) => attempts.insertAttempt(tx, sampleAttempt(task, 'w1', { leaseExpiresAt, deadlineAt })));
    }
    const overdue = async (now: number) => (await attempts.listOverdueAttempts(database.store.reader, now, 500)).filter((one) => one.familyId === family.id).map((one) => one.taskId);
    const ids = all.map((task) => task.id);
    assert.deepEqual(await overdue(START_MS - 50), []);
    assert.deepEqual(await overdue(START_MS - 49), [ids[1], ids[2]]);
    assert.equal((await attempts.listOverdueAttempts(database.store.reader, far, 1)).length, 1);
    await database.store.write((tx) => attempts.renewLeases(tx, 'w1', ids.map((taskId) => ({ taskId, attempt: 1 })), START_MS));
    assert.deepEqual(await overdue(START_MS - 49), [ids[2]]);
    await database.store.write((tx) => attempts.extendRunningAttempts(tx, START_MS));
    assert.deepEqual(await overdue(START_MS - 49), []);
    await assert.rejects(database.store.write((tx) => attempts.insertAttempt(tx, sampleAttempt({ id: ids[0] ?? '' }, 'w1', { attempt: 2, leaseExpiresAt: far, deadlineAt: START_MS }))));
  });

  test('the running attempts of a family are those of its running tasks', async () => {
    const { family, tasks: all } = await storeBrief(database.store, sampleBrief('a03'), 3);
    const taken = await database.store.write((tx) => tasks.takePendingTasks(tx, family.id, 'w1', 2, START_MS));
    for (const task of taken) await database.store.write((tx) => attempts.insertAttempt(tx, sampleAttempt(task, 'w1')));
    const running = await database.store.write((tx) => attempts.listRunningAttempts(tx, family.id, 500));
    assert.deepEqual(running.map((one) => one.taskId), [all[0]?.id, all[1]?.id]);
    assert.deepEqual(await database.store.write((tx) => attempts.listRunningAttempts(tx, family.id, 0)), []);
  });

  test('a cancelled attempt is stopping until its worker is heard from without it', async () => {
    const { family, tasks: all } = await storeBrief(database.store, sampleBrief('a04'), 3);
    const end = (taskId: string) => database.store.write((tx) => attempts.endAttempt(tx, { taskId, attempt: 1, state: 'cancelled', result: null, metrics: null, error: null, finishedAt: START_MS }));
    for (const task of all) await database.store.write((tx) => attempts.insertAttempt(tx, sampleAttempt(task, 'w2')));
    const ids = all.map((task) => task.id);
    for (const id of ids.slice(0, 2)) await end(id);
    const stopping = async () => (await attempts.listStopping(database.store.reader, family.id, 9)).map((one) => ({ ...one }));
    const release = (workerId: string, held: string[]) => database.store.write((tx) => attempts.releaseAttempts(tx, workerId, held.map((taskId) => ({ taskId, attempt: 1 })), START_MS + 7));
    assert.deepEqual(await stopping(), [{ workerId: 'w2', attempts: 2 }]);
    assert.deepEqual([await release('w1', []), await release('w2', [ids[0] ?? '', ids[2] ?? ''])], [[], [ids[1]]]);
    assert.deepEqual([await stopping(), await release('w2', []), await stopping()], [[{ workerId: 'w2', attempts: 1 }], [ids[0]], []]);
    assert.equal((await attempts.findAttempt(database.store.reader, ids[0] ?? '', 1))?.releasedAt, START_MS + 7);
  });
}
