import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOCAL_ID, MICROCREDITS } from '#core/ledger.ts';
import { findNotes } from '#store/account.ts';
import { deleteAnswersBefore } from '#store/idempotency.ts';
import { findAccount, findEntry, listEntries } from '#store/ledger.ts';
import { findToken } from '#store/token.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, refused, worldOn } from '#test/conformance/engine-world.ts';
import { dumpRows } from '#test/conformance/whole-database.ts';
import { addAccount } from './add-account.ts';
import { authenticate, installToken } from './authenticate.ts';
import { renewEnrolment, revokeEnrolment } from './change-enrolment.ts';
import { grantCredits } from './grant-credits.ts';
import { sha256 } from './id.ts';

onBothDatabases('accounts of people', (database) => {
  const world = worldOn(database);
  const { engine } = world;
  const keyOf = (key: string, scope = 'accounts') => ({ ownerId: LOCAL_ID, scope, key, requestSha256: sha256(key), secret: `secret of ${key}` });
  const balanceOf = async (id: string) => (await findAccount(database.store.reader, id))?.balanceMicrocredits;
  const entriesOf = (account: string) => listEntries(database.store.reader, { limit: 50, before: null, filter: { account, kind: null, brief: null } });

  test('a new account starts with its credits and a token of its own, once per key', async () => {
    const request = { name: 'Ada', starterMicrocredits: 7 * MICROCREDITS };
    const added = await Promise.all([addAccount(engine, request, keyOf('ada')), addAccount(engine, request, keyOf('ada'))]);
    const [first, second] = added.map(accepted);
    assert.ok(first !== undefined);
    assert.deepEqual(second, first);
    assert.equal(await balanceOf(first.accountId), 7 * MICROCREDITS);
    assert.deepEqual(await authenticate(engine, first.token), { kind: 'enrolment', accountId: first.accountId });
    assert.equal(await findToken(database.store.reader, first.token), null, 'only the hash is kept');
    const before = await dumpRows(database.store.reader);
    assert.deepEqual(refused(await addAccount(engine, request, null)).issues, [{ path: 'name', message: 'is the name of another account already' }]);
    for (const name of ['Treasury', 'verification FUND']) assert.equal(refused(await addAccount(engine, { ...request, name }, null)).code, 'invalid', name);
    assert.deepEqual(await dumpRows(database.store.reader), before);
    const penniless = accepted(await addAccount(engine, { name: 'Grace', starterMicrocredits: 0 }, null));
    assert.deepEqual([await balanceOf(penniless.accountId), await entriesOf(penniless.accountId)], [0, []]);
  });

  test('a renewed token shuts the one before out, a revoked one everybody; the server’s own tokens are left alone', async () => {
    const { accountId, token } = accepted(await addAccount(engine, { name: 'Lender', starterMicrocredits: 0 }, null));
    const renewed = accepted(await renewEnrolment(engine, accountId, keyOf('renew')));
    assert.equal(await authenticate(engine, token), null);
    assert.deepEqual(await authenticate(engine, renewed.token), { kind: 'enrolment', accountId });
    assert.deepEqual(accepted(await renewEnrolment(engine, accountId, keyOf('renew'))), renewed);
    // The server starts again with another token of its own.
    for (const own of ['the-first-token-of-this-server', 'the-next-token-of-this-server']) await installToken(engine, 'enrolment', own, true);
    assert.deepEqual(await authenticate(engine, renewed.token), { kind: 'enrolment', accountId });
    assert.equal(await authenticate(engine, 'the-first-token-of-this-server'), null);
    accepted(await revokeEnrolment(engine, accountId));
    assert.equal(await authenticate(engine, renewed.token), null);
    assert.deepEqual(await authenticate(engine, 'the-next-token-of-this-server'), { kind: 'enrolment', accountId: LOCAL_ID });
    for (const change of [renewEnrolment(engine, LOCAL_ID, null), revokeEnrolment(engine, LOCAL_ID)]) assert.equal(refused(await change).code, 'account_kind');
    for (const change of [renewEnrolment(engine, 'treasury', null), revokeEnrolment(engine, 'nobody')]) assert.equal(refused(await change).code, 'account_not_found');
  });

  test('a grant is made once per key, even after its answer is forgotten, and its reason stays out of the entry', async () => {
    const { accountId } = accepted(await addAccount(engine, { name: 'Rich', starterMicrocredits: 0 }, null));
    const grant = { accountId, amountMicrocredits: 3, reason: 'For Ada’s thesis' };
    const once = keyOf('a key that may name somebody', 'grants');
    const outcomes = (await Promise.all([grantCredits(engine, LOCAL_ID, grant, once), grantCredits(engine, LOCAL_ID, grant, once)])).map(accepted);
    assert.deepEqual(outcomes[0], outcomes[1]);
    await database.store.write((tx) => deleteAnswersBefore(tx, Number.MAX_SAFE_INTEGER));
    assert.deepEqual(accepted(await grantCredits(engine, LOCAL_ID, grant, once)), outcomes[0]);
    await database.store.write((tx) => deleteAnswersBefore(tx, Number.MAX_SAFE_INTEGER));
    assert.equal(refused(await grantCredits(engine, LOCAL_ID, { ...grant, amountMicrocredits: 4 }, once)).code, 'idempotency_conflict');
    assert.equal(await balanceOf(accountId), 3);
    const entryId = outcomes[0]?.entryId ?? '';
    assert.equal((await findNotes(database.store.reader, [entryId])).get(entryId)?.note, 'For Ada’s thesis');
    assert.doesNotMatch(JSON.stringify(await findEntry(database.store.reader, entryId)), /Ada|somebody/);
  });

  test('credits go to people alone, and never to more than can be counted exactly', async () => {
    const workerId = await world.register();
    const { accountId } = accepted(await addAccount(engine, { name: 'Greedy', starterMicrocredits: 0 }, null));
    const before = await dumpRows(database.store.reader);
    const ask = async (id: string, amountMicrocredits = 1) => refused(await grantCredits(engine, LOCAL_ID, { accountId: id, amountMicrocredits, reason: 'x' }, null));
    assert.deepEqual([(await ask(workerId)).code, (await ask('treasury')).code, (await ask('nobody')).code], ['account_kind', 'account_kind', 'account_not_found']);
    assert.deepEqual((await ask(accountId, 8e15 + 1)).issues.map((issue) => issue.path), ['amount_credits']);
    assert.deepEqual(await dumpRows(database.store.reader), before);
  });
});
