import { bytesOf, isSignedBy, keyIdOf, type LedgerCrypto, type LedgerKey, type SignedCheckpoint } from '#core/checkpoint.ts';
import { TREASURY_ID, type Account } from '#core/ledger.ts';
import { emptyFrontier, growFrontier, hashLeaf, rootOfFrontier, type Subtree } from '#core/merkle.ts';
import { leafBytes, timeText, type Findings, type LeafEntry } from '#core/receipt.ts';
import { countLedgerNodes, listCopiedCheckpoints, listCopiedEntries, listRepeated, listWaitingEntries, type CopiedEntry } from '#store/ledger-copy.ts';
import { findLedgerName, findLedgerNode, listLedgerKeys } from '#store/ledger-tree.ts';
import { listAccounts } from '#store/ledger.ts';
import type { Reader } from '#store/seam.ts';
import { LEDGER_CRYPTO } from './ledger-crypto.ts';
import { BLOCK_LEVEL } from './ledger-proof.ts';

/** What a person brings to a check: an older checkpoint, and the public keys that they trust; the database's own where there are none. */
export type Held = { checkpoint: SignedCheckpoint | null; keys: readonly LedgerKey[] };

const ROWS_PER_READ = 2000;
const MOST_KEYS = 10_000;
/** So many sentences are enough to see that something is wrong. */
const MOST_SENTENCES = 20;
const HASH_BYTES = 32;
/** An entry may be committed this much after the moment that it bears, and then get a later place than its id would have had. */
const LATE_MS = 10 * 60_000;

/** What is gathered while the ledger is read from its first entry to its last. */
type Reading = {
  crypto: LedgerCrypto;
  ledger: string;
  findings: Findings;
  balances: Map<string, bigint>;
  entries: number;
  last: LeafEntry | null;
};

/**
 * Checks a ledger from its entries alone. Every leaf, root, place and balance is computed anew, nothing that the server
 * keeps beside the entries is believed, and none of the database's constraints is relied on.
 *
 * @param reader a snapshot, so that all that is read is of one moment
 */
export async function verifyLedger(reader: Reader, held: Held): Promise<Findings> {
  const findings: Findings = { right: [], wrong: [] };
  try {
    await readLedger(reader, held, findings);
  } catch (error) {
    // Such as a number that no ledger of ours can hold.
    findings.wrong.push(`The ledger cannot be read to its end: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (findings.wrong.length > MOST_SENTENCES) findings.wrong.splice(MOST_SENTENCES, Infinity, `And ${findings.wrong.length - MOST_SENTENCES} more.`);
  return findings;
}

async function readLedger(reader: Reader, held: Held, findings: Findings): Promise<void> {
  const name = await findLedgerName(reader);
  const reading: Reading = { crypto: LEDGER_CRYPTO, ledger: name ?? '', findings, balances: new Map(), entries: 0, last: null };
  const size = await readSealed(reader, reading, held, await trustedKeys(reader, reading, held));
  await readWaiting(reader, reading);
  for (const column of ['id', 'cause'] as const) {
    for (const value of await listRepeated(reader, column, MOST_SENTENCES)) findings.wrong.push(`The ${column} ${value} is that of more than one entry.`);
  }
  await checkBalances(reader, reading);
  if (findings.wrong.length > 0) return;
  if (size === 0) findings.right.push('Nothing is sealed yet.');
  findings.right.push(`The balances of all accounts are those that ${counted(reading.entries, 'entry', 'entries')} add up to, and all of them together are 0.`);
}

/** Follows entries and checkpoints from the first on; returns how many entries are sealed. */
async function readSealed(reader: Reader, reading: Reading, held: Held, keys: readonly LedgerKey[]): Promise<number> {
  const { crypto, findings, ledger } = reading;
  const frontier = emptyFrontier();
  const checkpoints = pages((after: SignedCheckpoint | null) => readCheckpoints(reader, ledger, after))[Symbol.asyncIterator]();
  let next = (await checkpoints.next()).value;
  let before: SignedCheckpoint | null = null;
  let nodes = 0;
  let isWhole = true;
  checkHeldAtStart(reading, held, keys);
  for await (const { entry, position } of pages((after: CopiedEntry | null) => listCopiedEntries(reader, { limit: ROWS_PER_READ, after }))) {
    replay(reading, entry);
    reading.last = entry;
    if (isWhole && position !== frontier.size) {
      findings.wrong.push(`Position ${frontier.size} has no entry, or the one before it has two: the next entry, ${entry.id}, is at position ${position}.`);
      isWhole = false;
    }
    // After a gap every root would be wrong too, and would say nothing.
    if (!isWhole) continue;
    const completed: [Subtree, Uint8Array][] = [];
    growFrontier(crypto.sha256, frontier, hashLeaf(crypto.sha256, leafBytes(entry)), (subtree, root) => completed.push([subtree, root]));
    nodes += await checkNodes(reader, findings, completed);
    while (next !== undefined && next.size === frontier.size) {
      checkCheckpoint(reading, next, before, rootOfFrontier(crypto.sha256, frontier), keys);
      before = next;
      next = (await checkpoints.next()).value;
    }
    if (held.checkpoint?.size === frontier.size) checkHeld(reading, held.checkpoint, rootOfFrontier(crypto.sha256, frontier));
  }
  if (!isWhole) return frontier.size;
  if (next !== undefined) findings.wrong.push(`A checkpoint is of ${counted(next.size, 'entry', 'entries')}, but ${frontier.size} are sealed: entries are missing, or the checkpoint was changed.`);
  else if ((before?.size ?? 0) !== frontier.size) findings.wrong.push(`${counted(frontier.size, 'entry has', 'entries have')} a position, but the newest checkpoint covers ${before?.size ?? 0}: a checkpoint was removed, or positions were given without one.`);
  if (held.checkpoint !== null && held.checkpoint.size > frontier.size) findings.wrong.push(`The older checkpoint covers ${counted(held.checkpoint.size, 'entry', 'entries')}, but the database has ${frontier.size} sealed ones: its end was cut off, or it is a backup from before the checkpoint.`);
  const kept = await countLedgerNodes(reader);
  if (kept !== nodes) findings.wrong.push(`${kept} roots of subtrees are kept where there should be ${nodes}.`);
  if (findings.wrong.length === 0 && before !== null) findings.right.push(`${counted(frontier.size, 'entry is', 'entries are')} sealed, each in its place, under signed checkpoints from the first to the newest, of ${timeText(before.at)}.`);
  return frontier.size;
}

async function readWaiting(reader: Reader, reading: Reading): Promise<void> {
  let waiting = 0;
  for await (const entry of pages((after: LeafEntry | null) => listWaitingEntries(reader, { limit: ROWS_PER_READ, after: after?.id ?? null }))) {
    replay(reading, entry);
    waiting += 1;
    const { last } = reading;
    if (last !== null && entry.id < last.id && entry.at < last.at - LATE_MS) reading.findings.wrong.push(`The entry ${entry.id} of ${momentText(entry.at)} is not sealed, although entries after it long are: it was added later, or its position was taken away.`);
  }
  if (waiting > 0) reading.findings.right.push(`${counted(waiting, 'entry waits', 'entries wait')} to be sealed: no checkpoint says anything about ${waiting === 1 ? 'it' : 'them'} yet.`);
}

/** Notes what an entry moves, and that it is one at all. */
function replay(reading: Reading, entry: LeafEntry): void {
  const { findings, balances } = reading;
  reading.entries += 1;
  const { id, amount, at, debit, credit } = entry;
  if (!Number.isSafeInteger(amount) || amount <= 0) return void findings.wrong.push(`The entry ${id} moves ${amount} micro-credits, which is no amount.`);
  if (!Number.isSafeInteger(at)) findings.wrong.push(`The entry ${id} bears no moment.`);
  if (debit === credit) findings.wrong.push(`The entry ${id} moves credits from an account to itself.`);
  balances.set(debit, (balances.get(debit) ?? 0n) - BigInt(amount));
  balances.set(credit, (balances.get(credit) ?? 0n) + BigInt(amount));
}

async function checkBalances(reader: Reader, { findings, balances }: Reading): Promise<void> {
  const missing = new Set(balances.keys());
  for await (const account of pages((after: Account | null) => listAccounts(reader, { limit: ROWS_PER_READ, after: after?.id ?? null }))) {
    const { id, balanceMicrocredits } = account;
    const replayed = balances.get(id) ?? 0n;
    missing.delete(id);
    if (!Number.isSafeInteger(balanceMicrocredits) || BigInt(balanceMicrocredits) !== replayed) findings.wrong.push(`The account ${id} has ${balanceMicrocredits} micro-credits, but its entries add up to ${replayed}.`);
    if (replayed < 0n && id !== TREASURY_ID) findings.wrong.push(`The account ${id} has paid ${-replayed} micro-credits more than it had.`);
  }
  for (const id of missing) findings.wrong.push(`There are entries of an account ${id}, but no such account.`);
}

async function trustedKeys(reader: Reader, { crypto, ledger, findings }: Reading, held: Held): Promise<readonly LedgerKey[]> {
  const registered = (await listLedgerKeys(reader, MOST_KEYS)).map((key): LedgerKey => ({ ledger, keyId: key.id, publicKey: key.publicKey }));
  for (const key of registered) {
    const bytes = bytesOf(key.publicKey, HASH_BYTES);
    if (bytes === null || keyIdOf(crypto.sha256, ledger, bytes) !== key.keyId) findings.wrong.push(`The public key ${key.keyId} is not the one that has this id: it, or the ledger’s name, was changed.`);
  }
  return held.keys.length === 0 ? registered : held.keys;
}

function checkCheckpoint({ crypto, findings }: Reading, checkpoint: SignedCheckpoint, before: SignedCheckpoint | null, root: Uint8Array, keys: readonly LedgerKey[]): void {
  const what = `The checkpoint of ${counted(checkpoint.size, 'entry', 'entries')}`;
  if (checkpoint.root !== root.toBase64()) findings.wrong.push(`${what} has another root than the entries before it: one of them, or the checkpoint, was changed.`);
  if (checkpoint.previous !== (before?.size ?? 0)) findings.wrong.push(`${what} follows one of ${checkpoint.previous}, which is not there: a checkpoint was removed, added or changed.`);
  if (before !== null && checkpoint.at < before.at) findings.wrong.push(`${what} is older than the one before it.`);
  if (!Number.isSafeInteger(checkpoint.at) || Number.isNaN(new Date(checkpoint.at).getTime())) findings.wrong.push(`${what} bears no moment.`);
  else if (!keys.some((key) => isSignedBy(crypto, checkpoint, key))) findings.wrong.push(`${what} is not signed by ${keys.some(({ keyId }) => keyId === checkpoint.keyId) ? `the key ${checkpoint.keyId} that it names` : `a key that is trusted: it names ${checkpoint.keyId}`}.`);
}

function checkHeldAtStart({ crypto, ledger, findings }: Reading, { checkpoint }: Held, keys: readonly LedgerKey[]): void {
  if (checkpoint === null) return;
  if (checkpoint.ledger !== ledger) findings.wrong.push(`The older checkpoint is of the ledger ${checkpoint.ledger}; this one is ${ledger === '' ? 'not named' : ledger}.`);
  else if (!keys.some((key) => isSignedBy(crypto, checkpoint, key))) findings.wrong.push(`The older checkpoint is not signed by a key that this ledger knows, or its text was changed.`);
}

function checkHeld({ findings }: Reading, checkpoint: SignedCheckpoint, root: Uint8Array): void {
  const what = `the ${counted(checkpoint.size, 'entry', 'entries')} that the older checkpoint covers`;
  if (checkpoint.root === root.toBase64()) findings.right.push(`The ledger begins with ${what}, unchanged since ${timeText(checkpoint.at)}.`);
  else findings.wrong.push(`The ledger does not begin with ${what}: its history was changed since ${timeText(checkpoint.at)}.`);
}

/** Compares the roots that the server keeps with those computed here; returns how many it has to keep. */
async function checkNodes(reader: Reader, findings: Findings, completed: readonly [Subtree, Uint8Array][]): Promise<number> {
  const large = completed.filter(([{ level }]) => level >= BLOCK_LEVEL);
  for (const [subtree, root] of large) {
    if ((await findLedgerNode(reader, subtree)) !== root.toBase64()) findings.wrong.push(`The root of the subtree ${subtree.position} of level ${subtree.level} that is kept is not that of the entries: the proofs that the server gives would be wrong.`);
  }
  return large.length;
}

async function readCheckpoints(reader: Reader, ledger: string, after: SignedCheckpoint | null): Promise<SignedCheckpoint[]> {
  return (await listCopiedCheckpoints(reader, { limit: ROWS_PER_READ, after: after?.size ?? null })).map((checkpoint) => ({ ledger, ...checkpoint }));
}

/** All rows, page by page. */
async function* pages<Row>(read: (after: Row | null) => Promise<Row[]>): AsyncGenerator<Row, undefined> {
  for (let after: Row | null = null; ; ) {
    const rows: Row[] = await read(after);
    yield* rows;
    after = rows.at(-1) ?? null;
    if (after === null) return;
  }
}

function momentText(at: number): string {
  return Number.isNaN(new Date(at).getTime()) ? 'an unknown time' : timeText(at);
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
