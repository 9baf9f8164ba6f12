import { first, sql, type Reader, type Tx } from './seam.ts';

/** A creating request that was answered, kept so that a repetition gets the same answer. */
export type AnsweredRequest = { ownerId: string; scope: string; key: string; requestSha256: string; answer: string; createdAt: number };

/** What was answered to a key, if it was used before. */
export async function findAnswer(reader: Reader, ownerId: string, scope: string, key: string): Promise<Pick<AnsweredRequest, 'requestSha256' | 'answer'> | null> {
  const row = await first<{ request_sha256: string; answer: string }>(reader, sql`
    select request_sha256, answer from idempotency_keys
    where owner_id = ${ownerId} and scope = ${scope} and idempotency_key = ${key} limit 1`);
  return row === null ? null : { requestSha256: row.request_sha256, answer: row.answer };
}

/** Keeps an answer; false when another request with this key came first. */
export async function insertAnswer(tx: Tx, request: AnsweredRequest): Promise<boolean> {
  const inserted = await tx.run(sql`
    insert into idempotency_keys (owner_id, scope, idempotency_key, request_sha256, answer, created_at)
    values (${request.ownerId}, ${request.scope}, ${request.key}, ${request.requestSha256}, ${request.answer}, ${request.createdAt})
    on conflict (owner_id, scope, idempotency_key) do nothing`);
  return inserted === 1;
}

/** Forgets an answer, so that what it named can be asked for anew. */
export async function deleteAnswer(tx: Tx, scope: string, answer: string): Promise<void> {
  await tx.run(sql`delete from idempotency_keys where scope = ${scope} and answer = ${answer}`);
}

/** Forgets the answers given before a moment. */
export async function deleteAnswersBefore(tx: Tx, moment: number): Promise<void> {
  await tx.run(sql`delete from idempotency_keys where created_at < ${moment}`);
}
