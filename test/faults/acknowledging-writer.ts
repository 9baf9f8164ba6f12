import { sql } from '#store/seam.ts';
import { openSqlite } from '#store/sqlite.ts';

// Writes numbers into the database named by the first argument, several callers at a time, and prints each one once its
// commit is acknowledged. It never ends by itself: a test kills it.

const [file = '', round = '0'] = process.argv.slice(2);
const store = openSqlite(file, Date.now);

async function caller(name: number): Promise<never> {
  for (let count = 0; ; count += 1) {
    const key = `${round}-${name}-${count}`;
    await store.write((tx) => tx.run(sql`insert into idempotency_keys (owner_id, scope, idempotency_key, request_sha256, answer, created_at) values ('local', 'crash', ${key}, '', ${'x'.repeat(500)}, 0)`));
    process.stdout.write(`${key}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, (_, name) => caller(name)));
