import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpointNote, readKeyLine, type LedgerKey, type SignedCheckpoint } from '#core/checkpoint.ts';
import { checkReceipt, type Findings, type Receipt } from '#core/receipt.ts';
import { LEDGER_CRYPTO } from '#engine/ledger-crypto.ts';
import { verifyLedger } from '#engine/verify-ledger.ts';
import { checkpointView, receiptView } from '#protocol/receipt.ts';
import { openSnapshot } from '#store/read-only.ts';
import { readConfig, UsageError, type Sources } from './config.ts';
import { ALL_SETTINGS, LEDGER_SETTINGS } from './settings.ts';

/** What every file of SQLite begins with (https://www.sqlite.org/fileformat.html). */
const SQLITE_MAGIC = 'SQLite format 3\0';
const DATABASE_FILE = 'xeenet.db';
const MOST_TEXT_BYTES = 1_000_000;

/** `xeenet ledger verify`: 0 when all is right, 1 when something is wrong; it changes nothing and asks no server. */
export async function verify(sources: Sources): Promise<number> {
  const { config, words } = readConfig(LEDGER_SETTINGS, sources, ALL_SETTINGS);
  const [place] = words;
  if (place === undefined || words.length > 1) throw new UsageError('Name one receipt or one database: xeenet ledger verify RECEIPT|DATABASE.');
  const held = { checkpoint: config.checkpoint === null ? null : readCheckpoint(config.checkpoint), keys: config.public_key === null ? [] : readKeys(config.public_key) };
  const database = databaseAt(place);
  if (database === null) return report('receipt', checkReceipt(LEDGER_CRYPTO, readReceipt(place), held));
  const snapshot = await openSnapshot(database);
  try {
    return report('ledger', await verifyLedger(snapshot.reader, held));
  } finally {
    await snapshot.close();
  }
}

function report(what: string, { right, wrong }: Findings): number {
  const lines = [...right.map((sentence) => `ok     ${sentence}`), ...wrong.map((sentence) => `WRONG  ${sentence}`)];
  const verdict = wrong.length === 0 ? `The ${what} is right.` : `The ${what} is not right.`;
  process.stdout.write(`${[...lines, '', verdict].join('\n')}\n`);
  return wrong.length === 0 ? 0 : 1;
}

/** The database that a word names, or null where it names a file of another kind. */
function databaseAt(place: string): string | null {
  if (/^postgres(ql)?:\/\/./.test(place)) return place;
  if (!existsSync(place)) throw new UsageError(`There is no file or folder ${place}.`);
  if (statSync(place).isDirectory()) {
    const file = join(place, DATABASE_FILE);
    if (!existsSync(file)) throw new UsageError(`There is no database in the folder ${place}: it has no ${DATABASE_FILE}.`);
    return file;
  }
  return beginsWith(place, SQLITE_MAGIC) ? place : null;
}

function beginsWith(file: string, text: string): boolean {
  const opened = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(text.length);
    readSync(opened, bytes, 0, text.length, 0);
    return bytes.toString('latin1') === text;
  } finally {
    closeSync(opened);
  }
}

function readReceipt(file: string): Receipt {
  const parsed = receiptView.safeParse(jsonOf(readText(file, 'receipt')));
  if (!parsed.success) throw new UsageError(`${file} is neither a receipt nor a database of XeeNet.`);
  return parsed.data;
}

/** A checkpoint as it was published, as the API gives it, or the one in a receipt: whatever a person has kept. */
function readCheckpoint(file: string): SignedCheckpoint {
  const text = readText(file, 'checkpoint');
  const json = jsonOf(text);
  const [answer, receipt] = [checkpointView.safeParse(json), receiptView.safeParse(json)];
  const checkpoint = readCheckpointNote(answer.success ? answer.data.text : receipt.success ? receipt.data.checkpoint : text);
  if (checkpoint === null) throw new UsageError(`${file} has no checkpoint, or its text was changed.`);
  return checkpoint;
}

function readKeys(file: string): LedgerKey[] {
  const lines = readText(file, 'public key').split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length === 0) throw new UsageError(`${file} has no public key.`);
  return lines.map((line, index) => {
    const key = readKeyLine(LEDGER_CRYPTO.sha256, line);
    if (key === null) throw new UsageError(`Line ${index + 1} of the keys in ${file} is not the line of a public key: name+id+key.`);
    return key;
  });
}

function readText(file: string, what: string): string {
  try {
    if (statSync(file).size > MOST_TEXT_BYTES) throw new Error('it is far too large');
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`The ${what} ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
