import { setTimeout as wait } from 'node:timers/promises';
import { checkpointBody, keyIdOf, type SignedCheckpoint } from '#core/checkpoint.ts';
import { assert } from '#core/errors.ts';
import { hashNode, rootOfLeaves } from '#core/merkle.ts';
import { findLedgerName, insertCheckpoint, insertLedgerKey, insertLedgerNodes, listCheckpoints, lockLedger, nameLedger, placeEntries, type LedgerNode } from '#store/ledger-tree.ts';
import type { Reader, Tx } from '#store/seam.ts';
import { TOPICS, type Engine } from './engine.ts';
import { newId } from './id.ts';
import { LEDGER_CRYPTO } from './ledger-crypto.ts';
import { BLOCK_LEAVES, BLOCK_LEVEL, keptRoot, openLedgerRoots, readLeaves } from './ledger-proof.ts';

/** Entries of one transaction: about 5 ms, for which other writers wait. */
const ENTRIES_PER_STEP = 500;
/** Whoever waits for a receipt, or for the server to stop, waits for no more than these. */
const MOST_STEPS_AT_ONCE = 40;
/**
 * After each step of a backlog the server rests for so many times as long as it took. Without rests a million entries
 * that waited, as after an upgrade, made the pages take 300 ms that take 5.
 */
const RESTS_PER_STEP = 4;
const utf8 = new TextEncoder();

/** The newest checkpoint, or null. */
export async function latestCheckpoint(reader: Reader): Promise<SignedCheckpoint | null> {
  const [[checkpoint], ledger] = await Promise.all([listCheckpoints(reader, { limit: 1, before: null }), findLedgerName(reader)]);
  return checkpoint === undefined || ledger === null ? null : { ledger, ...checkpoint };
}

/**
 * Seals some of the entries that wait, and signs a checkpoint over them, in one transaction: an entry has a place exactly
 * if a checkpoint covers it. On PostgreSQL one node does so at a time.
 *
 * @returns the checkpoint; null where nothing waits
 */
export async function sealStep(engine: Engine): Promise<SignedCheckpoint | null> {
  const sealed = await engine.store.write(async (tx) => {
    const ledger = await lockNamed(engine, tx);
    const [last] = await listCheckpoints(tx, { limit: 1, before: null });
    const from = last?.size ?? 0;
    const placed = await placeEntries(tx, from, ENTRIES_PER_STEP);
    if (placed === 0) return null;
    await insertLedgerNodes(tx, await completedNodes(tx, from, from + placed));
    const root = (await openLedgerRoots(tx).rootOf({ start: 0, end: from + placed })).toBase64();
    // A clock that was set back makes no checkpoint older than the one before it.
    const at = Math.max(engine.now(), last?.at ?? 0);
    const checkpoint = await signed(engine, tx, { ledger, size: from + placed, root, at, previous: from });
    await insertCheckpoint(tx, checkpoint);
    tx.touch(TOPICS.ledger);
    return checkpoint;
  });
  if (sealed !== null) engine.log.info({ size: sealed.size, entries: sealed.size - sealed.previous, root: sealed.root }, 'ledger sealed');
  return sealed;
}

/** Seals what waits, as far as a bounded number of steps goes; what is written meanwhile may wait for the next time. */
export async function sealWaiting(engine: Engine): Promise<void> {
  for (let step = 0; step < MOST_STEPS_AT_ONCE; step += 1) {
    if (!leavesMore(await sealStep(engine))) return;
  }
}

/**
 * Seals at once and then at intervals, until stopped. What was written before the ledger was sealed at all may take many
 * steps; others write in between.
 *
 * @returns stops it, and resolves when what waits by then is sealed too
 */
export function startSealing(engine: Engine, everyMs: number): () => Promise<void> {
  let running: Promise<void> | null = null;
  const stopping = new AbortController();
  const attempt = async (seal: () => Promise<void>): Promise<void> => {
    await seal().catch((error: unknown) => engine.log.error({ err: error }, 'sealing the ledger failed'));
    running = null;
  };
  const wake = (): void => {
    running ??= attempt(() => sealWithRests(engine, stopping.signal));
  };
  const timer = setInterval(wake, everyMs);
  wake();
  return async () => {
    clearInterval(timer);
    stopping.abort();
    await running;
    await attempt(() => sealWaiting(engine));
  };
}

/** Seals all that waits, with rests in which others read and write; ends early where the signal says so. */
async function sealWithRests(engine: Engine, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const startedAt = performance.now();
    if (!leavesMore(await sealStep(engine))) return;
    const restMs = RESTS_PER_STEP * (performance.now() - startedAt);
    // A rest that is cut short is no failure: the loop sees the signal.
    await wait(restMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Whether more may wait than a step has sealed. */
function leavesMore(checkpoint: SignedCheckpoint | null): boolean {
  return checkpoint !== null && checkpoint.size - checkpoint.previous === ENTRIES_PER_STEP;
}

/** The ledger's name, which it gets from chance when it is first sealed, so that no checkpoint passes for another ledger's. */
async function lockNamed(engine: Engine, tx: Tx): Promise<string> {
  const name = await lockLedger(tx);
  if (name !== null) return name;
  await nameLedger(tx, `xeenet/ledger/${newId(engine)}`);
  const named = await lockLedger(tx);
  assert(named !== null, 'a ledger that was named has a name');
  return named;
}

async function signed(engine: Engine, tx: Tx, checkpoint: Omit<SignedCheckpoint, 'keyId' | 'signature'>): Promise<SignedCheckpoint> {
  const { publicKey, sign } = engine.ledgerSigner;
  const keyId = keyIdOf(LEDGER_CRYPTO.sha256, checkpoint.ledger, publicKey);
  await insertLedgerKey(tx, { id: keyId, publicKey: publicKey.toBase64(), createdAt: engine.now() });
  return { ...checkpoint, keyId, signature: sign(utf8.encode(checkpointBody(checkpoint))).toBase64() };
}

/** The roots of blocks, and of what lies above them, that are complete since the ledger has grown. */
async function completedNodes(tx: Tx, from: number, size: number): Promise<LedgerNode[]> {
  const nodes = new Map<string, Uint8Array>();
  const rootOf = async (level: number, position: number): Promise<Uint8Array> => nodes.get(`${level} ${position}`) ?? keptRoot(tx, level, position);
  for (let block = Math.floor(from / BLOCK_LEAVES); (block + 1) * BLOCK_LEAVES <= size; block += 1) {
    const leaves = await readLeaves(tx, { start: block * BLOCK_LEAVES, end: (block + 1) * BLOCK_LEAVES });
    let [level, position, root] = [BLOCK_LEVEL, block, rootOfLeaves(LEDGER_CRYPTO.sha256, leaves)];
    nodes.set(`${level} ${position}`, root);
    while (position % 2 === 1) {
      root = hashNode(LEDGER_CRYPTO.sha256, await rootOf(level, position - 1), root);
      [level, position] = [level + 1, Math.floor(position / 2)];
      nodes.set(`${level} ${position}`, root);
    }
  }
  return [...nodes].map(([place, hash]) => {
    const [level = 0, position = 0] = place.split(' ').map(Number);
    return { level, position, hash: hash.toBase64() };
  });
}
