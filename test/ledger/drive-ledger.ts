import { seededRandom, type Random } from '#core/random.ts';
import { changeBrief } from '#engine/change-brief.ts';
import { welcomeBack } from '#engine/sweep.ts';
import { accepted, registerSamples, worldAround, type World } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { Crash, crashingStore, type CrashingStore } from './crashing-store.ts';
import type { DatabaseHost } from './database-host.ts';
import { createLedgerReplay } from './ledger-replay.ts';
import { AUDIT_OPERATIONS } from './audit-operations.ts';
import { MONEY_OPERATIONS } from './money-operations.ts';
import { OPERATIONS, pick, type Known, type Operation } from './operations.ts';

/** How far and how hard to drive. */
export type Drive = {
  operations: number;
  seed: number;
  /** A world is left for a new one after so many operations, so that checks stay cheap. */
  worldOperations: number;
  /** Everything is counted anew after so many operations, and at the end of a world. */
  recountEvery: number;
  /** In this share of the rounds the server process dies between two statements. */
  crashShare: number;
  onProgress?: (tally: Tally) => void;
};

/** What was driven: how often each operation, how many deaths cut something, and the entries by kind. */
export type Tally = { operations: number; byName: Map<string, number>; deaths: number; repeated: number; checks: number; recounts: number; entries: Map<string, number> };

/** A death comes within so many statements of a round, sooner rather than later, or not at all. */
const MOST_STATEMENTS = 70;
const AT_ONCE_SHARE = 0.15;
const MOST_AT_ONCE = 6;
/** Whoever got no answer asks again, mostly. */
const REPEATED_SHARE = 0.7;

type Operations = Record<string, { weight: number; run: Operation }>;

/** In every other world results are verified, and some of the workers lie. */
const PLAIN: Operations = { ...OPERATIONS, ...MONEY_OPERATIONS };
const VERIFIED: Operations = { ...PLAIN, ...AUDIT_OPERATIONS };

/**
 * Drives random operations through the engine on a database, some at the same moment, with processes that die between any
 * two statements, and checks the ledger after each round. What had no answer is asked again in the same words.
 *
 * @throws with the seed, the world and the operations of the round, when anything is not as it must be
 */
export async function driveLedger(host: DatabaseHost, drive: Drive): Promise<Tally> {
  const tally: Tally = { operations: 0, byName: new Map(), deaths: 0, repeated: 0, checks: 0, recounts: 0, entries: new Map() };
  for (let number = 1; tally.operations < drive.operations; number += 1) {
    const seed = drive.seed + number - 1;
    await driveWorld(host, drive, seed, tally);
    drive.onProgress?.(tally);
  }
  return tally;
}

type Life = { process: CrashingStore; touched: Set<string>; end: () => void };

async function driveWorld(host: DatabaseHost, drive: Drive, seed: number, tally: Tally): Promise<void> {
  const random = seededRandom(seed);
  await host.empty();
  let life = begin(host, random);
  const world = worldAround(() => life.process.store, seed);
  await registerSamples(world);
  const known: Known = { briefs: [], workers: [], claims: [], sent: [], actions: [] };
  const operations = seed % 2 === 0 ? PLAIN : VERIFIED;
  const names = Object.entries(operations).flatMap(([name, { weight }]) => Array.from({ length: Math.round(weight * 5) }, () => name));
  const ledger = createLedgerReplay();
  const end = Math.min(drive.operations, tally.operations + drive.worldOperations);
  let recountAt = tally.operations + drive.recountEvery;
  while (tally.operations < end) {
    const round = nextRound(random, known, names);
    const since = ++world.clock.now;
    if (random() < drive.crashShare) life.process.dieAfter(Math.floor(random() ** 2 * MOST_STATEMENTS));
    const touched = life.touched;
    try {
      await run(world, known, operations, round, life.process);
      if (life.process.dead()) {
        tally.deaths += 1;
        life.end();
        await host.restart(random);
        life = begin(host, random);
        if (random() < 0.5) await welcomeBack(world.engine);
        if (random() < REPEATED_SHARE) {
          tally.repeated += round.length;
          for (const one of round) await run(world, known, operations, [one], life.process);
        }
      } else life.process.dieAfter(Number.POSITIVE_INFINITY);
      const briefs = briefsOf(new Set([...touched, ...life.touched]));
      await ledger.check(host.reader, briefs, since);
      tally.operations += round.length;
      tally.checks += 1;
      if (tally.operations >= recountAt || tally.operations >= end) {
        recountAt = tally.operations + drive.recountEvery;
        tally.recounts += 1;
        await assertInvariants(host.reader);
      }
    } catch (error) {
      throw new Error(`seed ${seed}, ${tally.operations} operations in all: after ${round.map(({ name }) => name).join(', ')}${life.process.dead() ? ', cut' : ''}`, { cause: error });
    }
    for (const { name } of round) tally.byName.set(name, (tally.byName.get(name) ?? 0) + 1);
    touched.clear();
    life.touched.clear();
    forget(known);
  }
  const since = world.clock.now;
  await cancelAll(world, known);
  await ledger.check(host.reader, briefsOf(life.touched), since);
  await assertInvariants(host.reader);
  life.end();
  for (const [kind, seen] of ledger.seen) tally.entries.set(kind, (tally.entries.get(kind) ?? 0) + seen);
}

/** At the end of a world every brief that goes on is cancelled, one that has only just begun among them: whatever the seed, a hold is released. */
async function cancelAll(world: World, known: Known): Promise<void> {
  world.clock.now += 1;
  for (const briefId of known.briefs) await changeBrief(world.engine, briefId, 'cancel');
  const { briefId } = await world.submit({ numTasks: 1 });
  accepted(await changeBrief(world.engine, briefId, 'cancel'));
}

/** A process on the database that is there now, and what its commits touch. */
function begin(host: DatabaseHost, random: Random): Life {
  const process = crashingStore(host.store, (tx) => host.die(tx, random));
  const touched = new Set<string>();
  const end = host.store.watch((topics) => {
    for (const topic of topics) touched.add(topic);
  });
  return { process, touched, end };
}

/** An operation with chance of its own, so that it can be repeated in the same words. */
type Chosen = { name: string; seed: number };

function nextRound(random: Random, known: Known, names: readonly string[]): Chosen[] {
  // A world begins with somebody to work.
  if (known.workers.length < 2) return [{ name: 'register', seed: Math.floor(random() * 2 ** 31) }];
  const atOnce = random() < AT_ONCE_SHARE ? 2 + Math.floor(random() * (MOST_AT_ONCE - 1)) : 1;
  return Array.from({ length: atOnce }, () => ({ name: pick(names, random) ?? 'claim', seed: Math.floor(random() * 2 ** 31) }));
}

async function run(world: World, known: Known, operations: Operations, round: Chosen[], process: CrashingStore): Promise<void> {
  const ended = await Promise.allSettled(round.map(({ name, seed }) => operations[name]?.run(world, known, seededRandom(seed))));
  for (const one of ended) if (one.status === 'rejected' && !(process.dead() && one.reason instanceof Crash)) throw one.reason;
}

function briefsOf(topics: ReadonlySet<string>): string[] {
  const prefix = 'brief:';
  return [...topics].filter((topic) => topic.startsWith(prefix)).map((topic) => topic.slice(prefix.length));
}

/** What is long past is named no more. */
function forget(known: Known): void {
  known.claims.splice(0, Math.max(0, known.claims.length - 40));
  known.sent.splice(0, Math.max(0, known.sent.length - 40));
  known.actions.splice(0, Math.max(0, known.actions.length - 10));
  known.briefs.splice(0, Math.max(0, known.briefs.length - 12));
  known.workers.splice(0, Math.max(0, known.workers.length - 8));
}
