import { fromAccount, fromEntry } from '#protocol/ledger.ts';
import { listAccounts, listEntries, type EntryFilter } from '#store/ledger.ts';
import type { Reader } from '#store/seam.ts';
import { csvRow } from './csv.ts';

const ROWS_PER_READ = 500;
const ACCOUNT_COLUMNS = ['id', 'kind', 'name', 'balance_microcredits'] as const;
const ENTRY_COLUMNS = ['id', 'at', 'kind', 'debit_account', 'credit_account', 'amount_microcredits', 'brief_id', 'task_id'] as const;

/** All entries that pass a filter, the newest first and in the wire's form, in pieces of text with bounded memory. */
export function exportEntries(reader: Reader, filter: EntryFilter, format: 'csv' | 'json'): AsyncGenerator<string> {
  const read = async (before: string | null) => (await listEntries(reader, { limit: ROWS_PER_READ, before, filter })).map(fromEntry);
  return exportRows(ENTRY_COLUMNS, read, format);
}

/** All accounts with their balances, by id and in the wire's form. */
export function exportAccounts(reader: Reader, format: 'csv' | 'json'): AsyncGenerator<string> {
  return exportRows(ACCOUNT_COLUMNS, async (after) => (await listAccounts(reader, { limit: ROWS_PER_READ, after })).map(fromAccount), format);
}

/** @param read the rows that follow the one with this id */
async function* exportRows<Name extends string, Row extends Record<Name, string | number | null> & { id: string }>(columns: readonly Name[], read: (from: string | null) => Promise<Row[]>, format: 'csv' | 'json'): AsyncGenerator<string> {
  if (format === 'csv') yield csvRow([...columns]);
  let separator = '[\n';
  for (let from: string | null = null; ; ) {
    const rows: Row[] = await read(from);
    if (rows.length > 0) {
      yield format === 'csv' ? rows.map((row) => csvRow(columns.map((column) => row[column]))).join('') : separator + rows.map((row) => JSON.stringify(row)).join(',\n');
      separator = ',\n';
    }
    from = rows.at(-1)?.id ?? null;
    if (rows.length < ROWS_PER_READ) break;
  }
  if (format === 'json') yield separator === '[\n' ? '[]\n' : '\n]\n';
}
