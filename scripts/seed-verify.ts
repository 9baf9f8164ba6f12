import { BRIEF_STATES } from '#core/brief.ts';
import { raw, sql, type Column, type Reader } from '#store/seam.ts';

const MOST_ROWS = 10_000_000;
const TOLERANCE = 1e-9;

/**
 * Counts everything again from the rows and compares it with what is kept beside them: the families' counts and
 * summaries, the totals, the workers' counts, what briefs have spent, and the ledger.
 *
 * @returns one sentence for each difference; empty when all agrees
 */
export async function recount(reader: Reader): Promise<string[]> {
  const checks = EXACT.map(async ([what, query]) => {
    const rows = await reader.rows<{ id: Column }>(sql`${raw(query)} limit 20`);
    return rows.map(({ id }) => `${what}: ${String(id)}`);
  });
  return [...(await Promise.all(checks)).flat(), ...(await recountSummaries(reader))];
}

const BRIEF_COLUMNS = BRIEF_STATES.map((state) => `briefs_${state}`);
const STATES = ['pending', 'running', 'completed', 'failed', 'cancelled'];
const counted = STATES.map((state) => `sum(case when tasks.state = '${state}' then 1 else 0 end) as ${state}`).join(', ');
const differing = (left: string, right: string, columns: string[]): string => columns.map((column) => `coalesce(${left}.${column}, 0) <> coalesce(${right}.${column}, 0)`).join(' or ');
const summed = (columns: string[]): string => columns.map((column) => `coalesce(sum(${column}), 0) as ${column}`).join(', ');

/** Each query finds what does not agree. */
const EXACT: [what: string, query: string][] = [
  ['the counts of a family differ from its tasks', `select families.id from families left join (select family_id, ${counted} from tasks group by family_id) counts on counts.family_id = families.id where ${differing('families', 'counts', STATES)}`],
  ['the totals differ from the families', `select 'totals' as id from (select ${summed(STATES)}, coalesce(sum(families), 0) as n from totals) kept, (select ${summed(STATES)}, count(*) as n from families) counts where ${differing('kept', 'counts', [...STATES, 'n'])}`],
  ['the totals differ from the briefs', `select 'totals' as id from (select ${summed(BRIEF_COLUMNS)} from totals) kept, (select ${BRIEF_STATES.map((state) => `sum(case when state = '${state}' then 1 else 0 end) as briefs_${state}`).join(', ')} from briefs) counts where ${differing('kept', 'counts', BRIEF_COLUMNS)}`],
  ['the tasks that ended in a minute differ from its count', `select kept.minute as id from (select minute, ${summed(['completed', 'failed'])} from activity group by minute) kept left join (select finished_at / 60000 as minute, ${counted} from tasks where finished_at is not null group by finished_at / 60000) counts on counts.minute = kept.minute where ${differing('kept', 'counts', ['completed', 'failed'])}`],
  ['the counts of a worker differ from its attempts', `select workers.id from workers left join (select worker_id, sum(case when state = 'running' then 1 else 0 end) as running, sum(case when state = 'completed' then 1 else 0 end) as completed, sum(case when state in ('failed', 'lost') then 1 else 0 end) as failed, sum(case when state = 'lost' then 1 else 0 end) as lost from attempts group by worker_id) counts on counts.worker_id = workers.id where ${differing('workers', 'counts', ['running', 'completed', 'failed', 'lost'])}`],
  ['a brief has not spent what was paid for it', `select briefs.id from briefs left join (select brief_id, sum(case when kind in ('result', 'failure', 'fee') then amount_microcredits when kind in ('reversal', 'remedy') and credit_account = 'hold-' || brief_id then -amount_microcredits else 0 end) as paid from entries group by brief_id) sums on sums.brief_id = briefs.id where spent_microcredits <> coalesce(paid, 0)`],
  ['the balance of an account is not the sum of its entries', `select accounts.id from accounts left join (select account, sum(amount) as balance from (select credit_account as account, amount_microcredits as amount from entries union all select debit_account, -amount_microcredits from entries) moves group by account) sums on sums.account = accounts.id where balance_microcredits <> coalesce(balance, 0)`],
  ['the balances add up to something', `select 'accounts' as id from (select sum(balance_microcredits) as balance from accounts) sums where balance <> 0`],
  ['a family does not hold what its account has', `select families.id from families left join accounts on accounts.id = 'hold-' || families.brief_id where held_microcredits <> coalesce(balance_microcredits, 0)`],
  ['a brief has spent and holds more than its budget', `select briefs.id from briefs join families on families.id = briefs.family_id where spent_microcredits + held_microcredits > budget_microcredits`],
  ['a brief that has ended holds something', `select id from families where held_microcredits > 0 and state in ('draft', 'completed', 'failed', 'cancelled')`],
  ['an account owes', `select id from accounts where balance_microcredits < 0 and id <> 'treasury'`],
  ['a completed task was not paid for once', `select tasks.id from tasks left join entries on entries.cause in ('result:' || tasks.id, 'result:' || tasks.id || ':' || tasks.attempt) where (tasks.state = 'completed') <> (entries.id is not null)`],
  ['a task and its last attempt disagree', `select tasks.id from tasks join attempts on attempts.task_id = tasks.id and attempts.attempt = tasks.attempt where tasks.state <> attempts.state and not (tasks.state in ('failed', 'pending') and attempts.state in ('failed', 'lost')) and tasks.state <> 'cancelled'`],
  ['a task has not as many attempts as it counts', `select tasks.id from tasks left join (select task_id, count(*) as n from attempts group by task_id) counts on counts.task_id = tasks.id where tasks.attempt <> coalesce(counts.n, 0)`],
  ['something ended before it began', `select attempts.task_id as id from attempts where finished_at < started_at`],
];

type FamilyRow = { id: string; metric: string; n: number; mean: number; m2: number; min: number | null; max: number | null; best: number | null; best_task_id: string | null; median_value: number | null; median_number: number | null };

async function recountSummaries(reader: Reader): Promise<string[]> {
  const families = await reader.rows<FamilyRow>(sql`select id, metric, n, mean, m2, min, max, best, best_task_id, median_value, median_number from families order by id limit ${MOST_ROWS}`);
  const problems: string[] = [];
  for (const family of families) {
    const rows = await reader.rows<{ id: string; number: number; value: number }>(sql`
      select id, number, value from tasks where family_id = ${family.id} and value is not null order by value, number limit ${MOST_ROWS}`);
    if (!agrees(family, rows)) problems.push(`the summary of a family differs from its values: ${family.id}`);
  }
  return problems;
}

function agrees(family: FamilyRow, rows: { id: string; number: number; value: number }[]): boolean {
  const mean = rows.reduce((sum, { value }) => sum + value, 0) / Math.max(1, rows.length);
  const m2 = rows.reduce((sum, { value }) => sum + (value - mean) ** 2, 0);
  const [lowest, highest, middle] = [rows[0], rows.at(-1), rows[Math.ceil(rows.length / 2) - 1]];
  const best = /"minimize"/.test(family.metric) ? lowest : highest;
  const bestHolds = family.best_task_id === null ? rows.length === 0 : rows.some(({ id, value }) => id === family.best_task_id && value === best?.value);
  return (
    family.n === rows.length && near(family.mean, mean) && near(family.m2, m2) && bestHolds &&
    family.min === (lowest?.value ?? null) && family.max === (highest?.value ?? null) && family.best === (best?.value ?? null) &&
    family.median_value === (middle?.value ?? null) && family.median_number === (middle?.number ?? null)
  );
}

function near(left: number, right: number): boolean {
  return Math.abs(left - right) <= TOLERANCE * Math.max(1, Math.abs(left), Math.abs(right));
}
