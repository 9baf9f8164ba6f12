import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { seededRandom } from '#core/random.ts';
import { copyOfLedger, type LedgerCopy } from '#test/ledger-copy.ts';
import { chanceFrom, FORKS, MUTATIONS, type Mutation } from '#test/ledger-mutations.ts';
import type { Findings } from '#core/receipt.ts';
import { verifyLedger } from './verify-ledger.ts';

/** `npm run bench:ledger` does ten thousand of them. */
const EACH = 8;

describe('an independent verification that holds an older checkpoint', () => {
  let copy: LedgerCopy;
  before(async () => {
    copy = await copyOfLedger();
  });

  const afterwards = async (mutation: Mutation, seed: number, check: () => Promise<Findings>): Promise<{ what: string | null; findings: Findings }> => {
    copy.database.exec('begin');
    const what = mutation(copy, chanceFrom(seededRandom(seed)));
    const findings = await check();
    copy.database.exec('rollback');
    return { what, findings };
  };

  test('finds nothing wrong with a ledger as it is, with and without the checkpoint', async () => {
    for (const checkpoint of [null, copy.older]) {
      const { right, wrong } = await verifyLedger(copy.reader, { checkpoint, keys: [] });
      assert.deepEqual(wrong, []);
      const { entries } = copy.database.prepare('select count(*) as entries from entries').get() as { entries: number };
      assert.ok(right.some((sentence) => sentence.includes(`those that ${entries} entries add up to`)), right.join('\n'));
    }
  });

  for (const [name, mutation] of Object.entries(MUTATIONS)) {
    test(`finds: ${name}`, async () => {
      for (let seed = 0; seed < EACH; seed += 1) {
        const { what, findings } = await afterwards(mutation, seed, () => verifyLedger(copy.reader, { checkpoint: copy.older, keys: [] }));
        assert.ok(what === null || findings.wrong.length > 0, `seed ${seed}: ${what}`);
      }
    });
  }

  for (const [name, mutation] of Object.entries(FORKS)) {
    test(`finds, and without the checkpoint cannot find: ${name}`, async () => {
      for (let seed = 0; seed < EACH; seed += 1) {
        const alone = await afterwards(mutation, seed, () => verifyLedger(copy.reader, { checkpoint: null, keys: [] }));
        assert.deepEqual(alone.findings.wrong, [], `seed ${seed}: ${alone.what} is a history that is whole in itself`);
        const { what, findings } = await afterwards(mutation, seed, () => verifyLedger(copy.reader, { checkpoint: copy.older, keys: [] }));
        assert.ok(what === null || findings.wrong.some((sentence) => sentence.includes('older checkpoint')), `seed ${seed}: ${what}`);
      }
    });
  }
});
