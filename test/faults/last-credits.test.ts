import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { seededRandom } from '#core/random.ts';
import { openPostgres } from '#store/postgres.ts';
import { first, sql, type Store } from '#store/seam.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { startPostgres, type PostgresServer } from '#test/conformance/postgres-server.ts';
import { startServerProcess, type CliProcess } from '#test/processes.ts';
import { smallBrief, SYNTHETIC_EXPERIMENTS } from '#test/running-server.ts';

const NODES = 2;
const CLIENTS = 16;
const TASKS = 48;
/** Each crash of a first attempt takes a little of the last credits, by the server's own clock, so that nobody knows when they are gone. */
const CRASH_SHARE = 0.3;
const ADMIN = { XEENET_ADMIN_TOKEN: 'an-administrator-of-the-race', XEENET_ENROLMENT_TOKEN: 'an-enrolment-to-the-race' };

type Money = { state: string; pending: number; running: number; held: number; cost: number; spent: number; budget: number; balance: number; at_work: number; lowest: number; sum: number };

describe('sixteen clients on two server nodes, racing for the last credits of a brief', () => {
  let folder: string;
  let postgres: PostgresServer;
  let store: Store;
  const nodes: (CliProcess & { url: string })[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'xeenet-race-'));
    postgres = await startPostgres();
    for (let node = 1; node <= NODES; node += 1) {
      nodes.push(await startServerProcess(['--port', '0', '--data', join(folder, String(node)), '--database-url', postgres.url, '--experiments-dir', SYNTHETIC_EXPERIMENTS], ADMIN));
    }
    store = await openPostgres(postgres.url, () => 0, () => undefined);
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.end('SIGTERM')));
    await store.close();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const call = async (node: number, method: string, path: string, body: unknown, token: string): Promise<{ status: number; body: ReturnType<typeof JSON.parse> }> => {
    const response = await fetch(`${nodes[node % NODES]?.url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, ...(body === null ? {} : { body: JSON.stringify(body) }) });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };

  /** What the ledger, the family and the attempts say at one moment. */
  const look = async (briefId: string): Promise<Money> => {
    const money = await first<Money>(store.reader, sql`
      select families.state, families.pending, families.running, families.held_microcredits as held, families.run_cost_microcredits as cost,
        briefs.spent_microcredits as spent, briefs.budget_microcredits as budget,
        (select balance_microcredits from accounts where id = 'hold-' || briefs.id) as balance,
        (select count(*) from attempts join tasks on tasks.id = attempts.task_id where tasks.family_id = families.id and attempts.state = 'running') as at_work,
        (select min(balance_microcredits) from accounts where id <> 'treasury') as lowest, (select cast(sum(balance_microcredits) as bigint) from accounts) as sum
      from briefs join families on families.id = briefs.family_id where briefs.id = ${briefId} limit 1`);
    assert.ok(money !== null);
    return money;
  };

  function assertWithinWalls(money: Money): void {
    assert.equal(money.balance, money.held, 'the hold is what the family says');
    assert.equal(money.at_work, money.running, 'what runs is counted');
    assert.ok(money.held >= money.at_work * money.cost, `${money.at_work} runs of ${money.cost} are held by ${money.held}`);
    assert.ok(money.spent + money.held <= money.budget, `${money.spent} spent and ${money.held} held of ${money.budget}`);
    assert.ok(money.lowest >= 0, `the lowest balance is ${money.lowest}`);
    assert.equal(money.sum, 0, 'debits equal credits');
  }

  test('never overspend it by one micro-credit, and run nothing that it does not pay, also while it is topped up', { timeout: 110_000 }, async () => {
    const { body: brief } = await call(0, 'POST', '/briefs', smallBrief({ num_tasks: TASKS, time_budget_seconds: 60, budget_credits: TASKS }), ADMIN.XEENET_ADMIN_TOKEN);
    const owned = async () => (await first<{ balance: number }>(store.reader, sql`select balance_microcredits as balance from accounts where id = 'local' limit 1`))?.balance ?? 0;
    const ownedBefore = await owned();
    let isOver = false;
    let exhaustions = 0;
    let toppedUp = 0;

    const work = async (client: number): Promise<void> => {
      const random = seededRandom(client);
      const introduction = { name: `client ${client}`, hardware: { cpu_model: 'test', cpu_cores: 4, ram_gb: 16, gpus: [], platform: 'linux', arch: 'x64' }, runtimes: { node: '26.10.0' }, slots: 1 };
      const { body: worker } = await call(client, 'POST', '/workers', introduction, ADMIN.XEENET_ENROLMENT_TOKEN);
      while (!isOver) {
        const { status, body: claimed } = await call(client, 'POST', '/claims', { slots: 1, wait_seconds: 1 }, worker.token);
        assert.equal(status, 200);
        const [task] = claimed.tasks;
        if (task === undefined) continue;
        const end = task.attempt === 1 && random() < CRASH_SHARE ? { outcome: 'failed', error: { kind: 'exit_code', message: 'The script ended with status 1.' } } : { outcome: 'completed', metrics: { loss: 1 + random() } };
        const report = { attempt: task.attempt, lease_token: task.lease_token, ...end };
        // The same result reaches both nodes: one of the two is the first, and the other is answered alike.
        const answers = await Promise.all([0, 1].map((node) => call(node, 'POST', `/tasks/${task.task_id}/result`, report, worker.token)));
        assert.deepEqual(answers.map((answer) => answer.status), [200, 200]);
      }
    };

    const topUp = async (node: number, microcredits: number): Promise<number> => {
      const { status } = await call(node, 'POST', `/briefs/${brief.id}/top-up`, { add_credits: microcredits / 1_000_000 }, ADMIN.XEENET_ADMIN_TOKEN);
      // Too little is refused, and so is more for a brief that has ended meanwhile.
      assert.ok([200, 409, 422].includes(status), `a top-up is answered with ${status}`);
      if (status === 200) toppedUp += microcredits;
      return status;
    };

    const watch = async (): Promise<void> => {
      for (let looks = 0; !isOver; looks += 1) {
        const money = await look(brief.id);
        assertWithinWalls(money);
        isOver = ['completed', 'failed'].includes(money.state);
        if (money.state === 'exhausted') {
          exhaustions += 1;
          assert.ok(money.held < money.cost, 'what is left does not pay another run');
          // By one micro-credit too little on one node, and by just enough on both at once.
          const missing = money.pending * money.cost - money.held - (money.budget - money.spent - money.held);
          if (missing > 1) assert.equal(await topUp(0, missing - 1), 422);
          await Promise.all([topUp(0, missing), topUp(1, missing)]);
        } else if (looks % 20 === 0) await topUp(looks, 1);
      }
    };

    await Promise.all([watch(), ...Array.from({ length: CLIENTS }, (_, client) => work(client))]).finally(() => {
      isOver = true;
    });
    const end = await look(brief.id);
    assertWithinWalls(end);
    assert.equal(end.held, 0, 'what is left is released');
    assert.equal(end.budget, TASKS * 1_000_000 + toppedUp, 'every top-up that was answered counts once');
    assert.equal(await owned(), ownedBefore + TASKS * 1_000_000 - end.spent, 'the owner has paid what was spent, to the micro-credit');
    const ended = await first<{ completed: number; failed: number }>(store.reader, sql`select completed, failed from families where brief_id = ${brief.id} limit 1`);
    assert.equal((ended?.completed ?? 0) + (ended?.failed ?? 0), TASKS, 'no task more than was asked for, and none left');
    assert.ok(exhaustions > 0, 'the last credits were raced for');
    await assertInvariants(store.reader);
  });
});
