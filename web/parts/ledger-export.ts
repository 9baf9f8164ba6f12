import { fromEntry } from '#protocol/ledger.ts';
import { listEntries, type EntryFilter } from '#store/ledger.ts';
import type { Reader } from '#store/seam.ts';
import { csvRow } from './csv.ts';

const ENTRIES_PER_READ = 500;
const COLUMNS = ['id', 'at', 'kind', 'debit_account', 'credit_account', 'amount_microcredits', 'brief_id', 'task_id'] as const;

/** All entries that pass a filter, the newest first and in the wire's form, in pieces of text with bounded memory. */
export async function* exportEntries(reader: Reader, filter: EntryFilter, format: 'csv' | 'json'): AsyncGenerator<string> {
  if (format === 'csv') yield csvRow([...COLUMNS]);
  let separator = '[\n';
  for (let before: string | null = null; ; ) {
    const entries: ReturnType<typeof fromEntry>[] = (await listEntries(reader, { limit: ENTRIES_PER_READ, before, filter })).map(fromEntry);
    if (entries.length > 0) {
      yield format === 'csv' ? entries.map((entry) => csvRow(COLUMNS.map((column) => entry[column]))).join('') : separator + entries.map((entry) => JSON.stringify(entry)).join(',\n');
      separator = ',\n';
    }
    before = entries.at(-1)?.id ?? null;
    if (entries.length < ENTRIES_PER_READ) break;
  }
  if (format === 'json') yield separator === '[\n' ? '[]\n' : '\n]\n';
}
