import assert from 'node:assert/strict';
import { LOCAL_ID } from '#core/ledger.ts';
import type { OnceRequest } from '#engine/answer-once.ts';
import { grantCredits } from '#engine/grant-credits.ts';
import { sealStep } from '#engine/seal-ledger.ts';
import { submitBrief } from '#engine/submit-brief.ts';
import { topUpBrief } from '#engine/top-up-brief.ts';
import { listBriefs } from '#store/brief.ts';
import { insertAccount } from '#store/ledger.ts';
import { SAMPLE_REQUEST } from '#test/conformance/engine-world.ts';
import { pick, type Operation } from './operations.ts';

/** Somebody whose credits are always nearly gone. */
const POOR = 'poor';
const MOST_BRIEFS = 1000;

/** A key by which a request is known again, made from what the request says. */
function onceOf(scope: string, request: object, key: number): OnceRequest {
  return { ownerId: LOCAL_ID, scope, key: String(key), requestSha256: JSON.stringify(request) };
}

/** What people do with credits: most requests carry a key, and are sent again in the same words where the answer was lost. */
export const MONEY_OPERATIONS: Record<string, { weight: number; run: Operation }> = {
  grant: {
    weight: 1,
    run: async ({ engine, clock }, _known, random) => {
      await engine.store.write((tx) => insertAccount(tx, { id: POOR, kind: 'person', name: POOR }, clock.now));
      const grant = { accountId: POOR, amountMicrocredits: 1 + Math.floor(random() * 2_000_000), reason: 'Because.' };
      assert.ok((await grantCredits(engine, LOCAL_ID, grant, onceOf('grant', grant, random()))).ok);
    },
  },
  submitOnce: {
    weight: 2,
    run: async ({ engine, clock }, known, random) => {
      await engine.store.write((tx) => insertAccount(tx, { id: POOR, kind: 'person', name: POOR }, clock.now));
      const key = random();
      const request = { ...SAMPLE_REQUEST, title: `Request ${key}`, numTasks: 1 + Math.floor(random() * 4), timeBudgetSeconds: 1 + Math.floor(random() * 20), budgetMicrocredits: pick([1_400_000, 3_000_000, 1_000_000_000], random) ?? 0 };
      const outcome = await submitBrief(engine, POOR, request, onceOf('briefs', request, key));
      if (!outcome.ok) return assert.ok(['insufficient_credits', 'invalid_brief'].includes(outcome.refusal.code), outcome.refusal.code);
      known.briefs.push(outcome.value.briefId);
      const briefs = await listBriefs(engine.store.reader, { limit: MOST_BRIEFS, before: null, state: null });
      assert.ok(briefs.filter((brief) => brief.title === request.title).length <= 1, 'a request with a key happens once, whatever died meanwhile');
    },
  },
  topUp: {
    weight: 2,
    run: async ({ engine }, known, random) => {
      const briefId = pick(known.briefs, random);
      if (briefId === undefined) return;
      const addedMicrocredits = pick([1, 1000, 1_000_000, 5_000_000], random) ?? 1;
      const outcome = await topUpBrief(engine, briefId, { addedMicrocredits }, random() < 0.5 ? null : onceOf(`top-up ${briefId}`, { addedMicrocredits }, random()));
      if (!outcome.ok) assert.ok(['insufficient_credits', 'invalid_brief', 'brief_state', 'brief_not_found'].includes(outcome.refusal.code), outcome.refusal.code);
    },
  },
  seal: { weight: 0.6, run: async ({ engine }) => void (await sealStep(engine)) },
};
