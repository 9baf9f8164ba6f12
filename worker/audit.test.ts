import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { countOpenAudits } from '#store/audit.ts';
import { findFamily } from '#store/family.ts';
import { findWorker } from '#store/worker.ts';
import { startBench, type Bench } from '#test/worker-bench.ts';
import { detectMachine } from './hardware.ts';

const TASKS = 4;

let bench: Bench;
before(async () => {
  bench = await startBench({
    honest: {
      script: `import { readFileSync } from 'node:fs';
        const config = JSON.parse(readFileSync(process.argv[process.argv.indexOf('--config-file') + 1], 'utf8'));
        process.stdout.write(JSON.stringify({ loss: 1 + config.x, steps_completed: 2 }) + '\\n');`,
    },
  }, { heartbeat_seconds: 0.5, lease_seconds: 8 });
});
after(() => bench.close());

test('a machine that makes results up is found out by those of other owners, and the brief ends with the right best', async () => {
  const { server } = bench;
  const call = async (method: string, path: string, body?: unknown, token?: string) => {
    const answer = await server.call(method, `/api/v1${path}`, body, token);
    assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const [ada, bob, cleo] = await Promise.all(['Ada', 'Bob', 'Cleo'].map((name) => call('POST', '/accounts', { name })));
  const brief = { title: 'Whom to trust?', experiment: 'honest', num_tasks: TASKS, budget_credits: 10, verification: { tolerance: 0.5 } };
  const { id, family_id: familyId } = await call('POST', '/briefs', brief);

  // The liar is as large a machine as the others, and answers at once with something that is better than anything true.
  const introduction = { name: 'liar', hardware: await detectMachine(), runtimes: { node: process.versions.node }, slots: TASKS };
  const liar = await call('POST', '/workers', introduction, ada.enrolment_token);
  const { tasks: claimed } = await call('POST', '/claims', { slots: TASKS }, liar.token);
  assert.equal(claimed.length, TASKS);
  for (const { task_id, attempt, lease_token } of claimed) {
    const said = await call('POST', `/tasks/${task_id}/result`, { attempt, lease_token, outcome: 'completed', metrics: { loss: 0.01 } }, liar.token);
    assert.equal(said.accepted, true);
  }
  const early = await call('GET', `/families/${familyId}`);
  assert.deepEqual([early.state, early.summary.n, early.summary.best], ['completed', TASKS, null], 'a new best is not called best before it is audited');

  const { reader } = server.engine.store;
  const isOver = async () => {
    const [family, open, worker] = [await findFamily(reader, familyId), await countOpenAudits(reader, familyId), await findWorker(reader, liar.worker_id)];
    return family?.state === 'completed' && family.rollup.best !== null && open.waiting + open.running === 0 && worker?.quarantineOpen === false;
  };
  const over = new Promise<void>((resolve, reject) => {
    const stop = server.engine.store.watch(() => {
      isOver().then((yes) => {
        if (yes) {
          stop();
          resolve();
        }
      }, reject);
    });
  });
  for (const account of [bob, cleo]) bench.work({ name: account.name, enrolmentToken: account.enrolment_token });
  await over;

  const tasks: { id: string; value: number; worker_id: string; config: { x: number } }[] = (await call('GET', `/tasks?family_id=${familyId}`)).items;
  assert.deepEqual(tasks.map((task) => task.value), tasks.map((task) => 1 + task.config.x), 'every value is true');
  assert.ok(tasks.every((task) => task.worker_id !== liar.worker_id));
  const family = await call('GET', `/families/${familyId}`);
  assert.equal(family.summary.best, Math.min(...tasks.map((task) => task.value)));
  const worker = await call('GET', `/workers/${liar.worker_id}`);
  assert.equal(worker.standing, 'quarantined');
  assert.match(worker.standing_reason, /it reported 0\.01/);
  const balances = new Map((await call('GET', '/ledger/accounts?limit=100')).items.map((account: { id: string; balance_microcredits: number }) => [account.id, account.balance_microcredits]));
  assert.equal(balances.get(liar.worker_id), 0, 'and earned nothing by it');
  const detail = await call('GET', `/tasks/${tasks[0]?.id}`);
  assert.ok(['refuted', 'set_aside'].includes(detail.attempts[0].verification), 'what it did stays visible');
  assert.ok(detail.attempts.some((attempt: { purpose: string }) => attempt.purpose === 'audit') || detail.attempts.length > 1);
  assert.ok((await call('GET', `/briefs/${id}`)).spent_credits <= 10);
  assert.deepEqual((await call('POST', `/workers/${liar.worker_id}/clear-quarantine`, { reason: 'It promised.' })).standing, 'probation');
});
