import { empty, first, sql, type Reader, type Tx } from './seam.ts';

/** What a bearer token may do. Only its hash is kept. */
export type Token = { hash: string; kind: 'admin' | 'enrolment' | 'worker'; accountId: string; workerId: string | null; createdAt: number };

/** Writes a token; one that is there already stays as it is. */
export async function insertToken(tx: Tx, token: Token): Promise<void> {
  await tx.run(sql`
    insert into tokens (hash, kind, account_id, worker_id, created_at)
    values (${token.hash}, ${token.kind}, ${token.accountId}, ${token.workerId}, ${token.createdAt})
    on conflict (hash) do nothing`);
}

export async function findToken(reader: Reader, hash: string): Promise<Token | null> {
  const row = await first<{ hash: string; kind: string; account_id: string; worker_id: string | null; created_at: number }>(
    reader,
    sql`select hash, kind, account_id, worker_id, created_at from tokens where hash = ${hash} limit 1`,
  );
  if (row === null) return null;
  return { hash: row.hash, kind: row.kind as Token['kind'], accountId: row.account_id, workerId: row.worker_id, createdAt: row.created_at };
}

/** How many tokens there are of a kind, and when the first and the last one were made. */
export type TokenSummary = { kind: Token['kind']; many: number; firstAt: number; lastAt: number };

/** The tokens by kind; each worker has one. */
export async function summarizeTokens(reader: Reader): Promise<TokenSummary[]> {
  const rows = await reader.rows<{ kind: string; many: number; first_at: number; last_at: number }>(sql`
    select kind, count(*) as many, min(created_at) as first_at, max(created_at) as last_at from tokens group by kind order by kind limit 9`);
  return rows.map((row) => ({ kind: row.kind as Token['kind'], many: row.many, firstAt: row.first_at, lastAt: row.last_at }));
}

/** Takes back every token of a kind that an account has, but for the one with this hash; returns how many there were. */
export async function deleteOtherTokens(tx: Tx, kind: 'admin' | 'enrolment', accountId: string, hash: string | null): Promise<number> {
  return tx.run(sql`
    delete from tokens where kind = ${kind} and kind <> 'worker' and account_id = ${accountId} ${hash === null ? empty : sql`and hash <> ${hash}`}`);
}

/** When an account's latest enrolment token was made; null where it has none, and no machine can join for it. */
export async function findEnrolmentSince(reader: Reader, accountId: string): Promise<number | null> {
  const row = await first<{ created_at: number }>(reader, sql`
    select created_at from tokens where account_id = ${accountId} and kind = 'enrolment' and kind <> 'worker' order by created_at desc, hash limit 1`);
  return row === null ? null : row.created_at;
}
