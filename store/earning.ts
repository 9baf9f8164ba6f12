import { one, sql, type Reader } from './seam.ts';

/** What came into an account, and what was taken back from it, in micro-credits. */
export type Earning = { earned: number; reversed: number };

/** What an account earned between two ids of entries, which begin with their time. */
export async function sumEarnings(reader: Reader, accountId: string, span: { from: string; until: string }): Promise<Earning> {
  return one<Earning>(reader, sql`
    select
      cast(coalesce((select sum(amount_microcredits) from entries where credit_account = ${accountId} and id >= ${span.from} and id < ${span.until}), 0) as bigint) as earned,
      cast(coalesce((select sum(amount_microcredits) from entries
        where debit_account = ${accountId} and kind not in ('result', 'fee') and id >= ${span.from} and id < ${span.until}), 0) as bigint) as reversed
    limit 1`);
}

/** What a worker was paid for runs whose pay can still be taken back; of so many of them at most. */
export async function sumUnvested(reader: Reader, workerId: string, most: number): Promise<number> {
  const { unvested } = await one<{ unvested: number }>(reader, sql`
    select cast(coalesce(sum(entries.amount_microcredits), 0) as bigint) as unvested from
      (select task_id, attempt, purpose from attempts where worker_id = ${workerId} and pay_open = 1 order by task_id, attempt limit ${most}) as open_results
      join entries on entries.cause = case open_results.purpose when 'audit' then 'audit:' else 'result:' end || open_results.task_id || ':' || open_results.attempt limit 1`);
  return unvested;
}
