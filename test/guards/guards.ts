/** A guard in the sources: what it reads, what it reads without it, and the test that then fails. */
export type Guard = { name: string; file: string; guard: string; without: string; test: string; named: string };

const FINISH = 'engine/finish-task.test.ts';
const LEDGER = 'test/ledger/ledger-guards.test.ts';

/** The guards that keep the ledger true. Each edit must apply to the sources as they are. */
export const GUARDS: readonly Guard[] = [
  {
    name: 'fence: the lease token and its worker',
    file: 'engine/lease.ts',
    guard: 'const fits = attempt.workerId === lease.workerId && attempt.leaseToken === lease.leaseToken;',
    without: 'const fits = true;',
    test: FINISH,
    named: 'is fenced: a stale attempt, a wrong token or another worker changes nothing, whatever it sends',
  },
  {
    name: 'fence: an attempt ends once',
    file: 'engine/finish-task.ts',
    guard: "if (attempt.state !== 'running') {",
    without: "if (attempt.state === 'lost') {",
    test: FINISH,
    named: 'answers the same result again alike, and changes nothing',
  },
  {
    name: 'hold: a task is given out only when it can be paid',
    file: 'store/family.ts',
    guard: ' and held_microcredits >= (running + ${tasks}) * run_cost_microcredits',
    without: '',
    test: LEDGER,
    named: 'a task is not given out that the hold does not pay',
  },
  {
    name: 'hold: the schema refuses what runs unpaid',
    file: 'store/migrations/0010-holds.sql',
    guard: ' and held_microcredits >= running * run_cost_microcredits',
    without: '',
    test: LEDGER,
    named: 'the schema refuses a hold that what runs overspends',
  },
  {
    name: 'hold: the schema refuses a balance below 0',
    file: 'store/migrations/0010-holds.sql',
    guard: 'check (issues = 1 or balance_microcredits >= 0)',
    without: '',
    test: LEDGER,
    named: 'the schema refuses a balance below 0',
  },
  {
    name: 'idempotency key: a cause is paid once',
    file: 'store/ledger.ts',
    guard: '${entry.briefId}, ${entry.taskId}, ${cause})',
    without: '${entry.briefId}, ${entry.taskId}, ${cause + entry.id})',
    test: LEDGER,
    named: 'a cause moves credits once, however often it comes',
  },
  {
    name: 'idempotency key: a request is answered once',
    file: 'engine/answer-once.ts',
    guard: 'const kept = await insertAnswer(',
    without: 'const kept = engine !== null || await insertAnswer(',
    test: 'engine/submit-brief.test.ts',
    named: 'repeated with its Idempotency-Key is answered alike, and happens once',
  },
];
