import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { BriefState } from '#core/brief.ts';
import type { Entry } from '#core/ledger.ts';
import { insertPerson } from '#store/account.ts';
import * as databaseModule from '#store/database.ts';
import * as experimentModule from '#store/experiment.ts';
import * as idempotencyModule from '#store/idempotency.ts';
import * as ledgerModule from '#store/ledger.ts';
import * as searchModule from '#store/search.ts';
import { sql } from '#store/seam.ts';
import * as tokenModule from '#store/token.ts';
import * as totalsModule from '#store/totals.ts';
import * as workerModule from '#store/worker.ts';
import { covered } from '#test/conformance/covered.ts';
import { START_MS, type TestDatabase } from '#test/conformance/databases.ts';
import { HOSTILE_TEXTS } from '#test/conformance/hostile-texts.ts';
import { SAMPLE_EXPERIMENT, SAMPLE_PACKAGE, sampleBrief, sampleWorker, storeBrief, storeExperiment } from '#test/conformance/samples.ts';

const experiments = covered('experiment', experimentModule);
const answers = covered('idempotency', idempotencyModule);
const ledger = covered('ledger', ledgerModule);
const searches = covered('search', searchModule);
const databases = covered('database', databaseModule);
const tokens = covered('token', tokenModule);
const totals = covered('totals', totalsModule);
const workers = covered('worker', workerModule);

export function experimentSuite(database: TestDatabase): void {
  test('a package is kept as it was first written, and the current one is what experiments show', async () => {
    const { store } = database;
    const second = { ...SAMPLE_PACKAGE, sha256: 'b'.repeat(64), script: HOSTILE_TEXTS.join('') };
    const other = { ...SAMPLE_PACKAGE, sha256: 'c'.repeat(64), experiment: { ...SAMPLE_EXPERIMENT, name: 'another' } };
    for (const stored of [SAMPLE_PACKAGE, second, other, { ...SAMPLE_PACKAGE, script: 'changed' }]) await store.write((tx) => experiments.insertPackage(tx, stored));
    await assert.rejects(store.write((tx) => experiments.setCurrentPackage(tx, 'sample', 'missing', START_MS)), /constraint/i);
    assert.equal(await experiments.findExperiment(store.reader, 'sample'), null);
    await store.write((tx) => experiments.setCurrentPackage(tx, 'sample', SAMPLE_PACKAGE.sha256, START_MS));
    await store.write((tx) => experiments.setCurrentPackage(tx, 'sample', second.sha256, START_MS));
    await store.write((tx) => experiments.setCurrentPackage(tx, 'another', other.sha256, START_MS));
    assert.deepEqual(await experiments.findExperiment(store.reader, 'sample'), { experiment: SAMPLE_EXPERIMENT, packageSha256: second.sha256 });
    assert.deepEqual((await experiments.listExperiments(store.reader, 9)).map((one) => one.experiment.name), ['another', 'sample']);
    assert.equal((await experiments.listExperiments(store.reader, 1)).length, 1);
    assert.deepEqual(await experiments.findPackage(store.reader, SAMPLE_PACKAGE.sha256), { experiment: SAMPLE_EXPERIMENT, script: SAMPLE_PACKAGE.script });
    assert.equal((await experiments.findPackage(store.reader, second.sha256))?.script, second.script);
    assert.equal(await experiments.findPackage(store.reader, 'missing'), null);
    assert.equal(await experiments.findArchive(store.reader, second.sha256), SAMPLE_PACKAGE.archiveBase64);
    assert.equal(await experiments.findArchive(store.reader, 'missing'), null);
    const approved = async (limit = 9) => (await experiments.listApprovedPackages(store.reader, limit)).map((one) => [one.sha256[0], one.experiment]);
    assert.deepEqual(await approved(), [['b', 'sample'], ['c', 'another']], 'the first package of the sample is no experiment’s current one');
    assert.deepEqual(await approved(1), [['b', 'sample']]);
    await store.write((tx) => experiments.withdrawPackage(tx, second.sha256, START_MS));
    await store.write((tx) => experiments.withdrawPackage(tx, second.sha256, START_MS + 1));
    assert.deepEqual([await experiments.findWithdrawal(store.reader, second.sha256), await experiments.findWithdrawal(store.reader, other.sha256)], [START_MS, null]);
    assert.deepEqual(await approved(), [['c', 'another']]);
    await store.write((tx) => experiments.allowPackage(tx, second.sha256));
    assert.equal((await approved()).length, 2);
  });
}

export function idempotencySuite(database: TestDatabase): void {
  test('an answer is kept once per owner, scope and key, and forgotten after its time', async () => {
    const { store } = database;
    const request = { ownerId: 'local', scope: 'briefs', key: HOSTILE_TEXTS[0] ?? '', requestSha256: 'r', answer: '{"id":1}', createdAt: START_MS };
    const keep = (changes: Partial<typeof request>) => store.write((tx) => answers.insertAnswer(tx, { ...request, ...changes }));
    assert.deepEqual([await keep({}), await keep({ answer: 'other' }), await keep({ scope: 'workers' }), await keep({ ownerId: 'b' }), await keep({ key: 'k' })], [true, false, true, true, true]);
    assert.deepEqual(await answers.findAnswer(store.reader, 'local', 'briefs', request.key), { requestSha256: 'r', answer: '{"id":1}' });
    assert.equal(await answers.findAnswer(store.reader, 'local', 'briefs', 'missing'), null);
    await store.write((tx) => answers.deleteAnswersBefore(tx, START_MS));
    assert.notEqual(await answers.findAnswer(store.reader, 'local', 'briefs', 'k'), null);
    await store.write((tx) => answers.deleteAnswersBefore(tx, START_MS + 1));
    assert.equal(await answers.findAnswer(store.reader, 'local', 'briefs', 'k'), null);
  });

  test('an answer is forgotten by what it says', async () => {
    const answer = { ownerId: 'local', scope: 'POST /gone', key: 'k', requestSha256: 'x', answer: '{"briefId":"b"}', createdAt: START_MS };
    await database.store.write((tx) => answers.insertAnswer(tx, answer));
    await database.store.write((tx) => answers.deleteAnswer(tx, 'POST /gone', '{"briefId":"c"}'));
    assert.notEqual(await answers.findAnswer(database.store.reader, 'local', 'POST /gone', 'k'), null);
    await database.store.write((tx) => answers.deleteAnswer(tx, 'POST /gone', answer.answer));
    assert.equal(await answers.findAnswer(database.store.reader, 'local', 'POST /gone', 'k'), null);
  });
}

export function ledgerSuite(database: TestDatabase): void {
  const entry = (id: string, changes: Partial<Entry> = {}): Entry => ({
    id, at: START_MS, kind: 'result', debitAccount: 'treasury', creditAccount: 'local', amountMicrocredits: 5, briefId: null, taskId: null, ...changes,
  });
  const post = (posted: Entry, cause = posted.id) => database.store.write((tx) => ledger.postEntry(tx, posted, cause));

  const STARTER = 1_000_000_000_000;
  const MOST = 2 ** 53 - 1000;

  test('a new database has its treasury, its fund, and its owner with a million credits to start with', async () => {
    const accounts = await ledger.listAccounts(database.store.reader, { limit: 9, after: null });
    assert.deepEqual(accounts.map((account) => [account.id, account.kind, account.balanceMicrocredits]), [['local', 'person', STARTER], ['treasury', 'treasury', -STARTER], ['verification', 'treasury', 0]]);
    const [starter] = await ledger.listEntries(database.store.reader, { limit: 9, before: null });
    assert.ok(starter !== undefined);
    assert.deepEqual([starter.at, starter.kind, starter.creditAccount, starter.amountMicrocredits], [START_MS, 'starter', 'local', STARTER]);
    assert.equal((await ledger.findEntry(database.store.reader, starter.id))?.cause, 'starter:local');
    // What follows looks at entries of its own.
    await database.store.write(async (tx) => {
      await tx.run(sql`delete from entries`);
      await tx.run(sql`update accounts set balance_microcredits = 0`);
    });
  });

  test('a transfer moves both balances, once per cause', async () => {
    assert.deepEqual(await post(entry('e1', { amountMicrocredits: MOST, briefId: 'b', taskId: 't' })), { debitMicrocredits: -MOST, creditMicrocredits: MOST });
    assert.equal(await post(entry('e2'), 'e1'), null);
    assert.equal(await database.store.write((tx) => ledger.lockBalance(tx, 'local')), MOST);
    assert.deepEqual(await ledger.findAccount(database.store.reader, 'treasury'), { id: 'treasury', kind: 'treasury', name: 'Treasury', balanceMicrocredits: -MOST });
    assert.equal((await ledger.findAccount(database.store.reader, 'local'))?.balanceMicrocredits, MOST);
    assert.deepEqual(await ledger.listEntries(database.store.reader, { limit: 9, before: null }), [entry('e1', { amountMicrocredits: MOST, briefId: 'b', taskId: 't' })]);
    assert.equal(await ledger.findAccount(database.store.reader, 'missing'), null);
  });

  test('a refused transfer leaves neither an entry nor half a movement', async () => {
    await database.store.write((tx) => ledger.insertAccount(tx, { id: 'poor', kind: 'worker', name: 'poor' }, START_MS));
    const refused = [{ debitAccount: 'poor' }, { debitAccount: 'verification' }, { amountMicrocredits: 0 }, { amountMicrocredits: -1 }, { creditAccount: 'treasury' }, { creditAccount: 'missing' }];
    const before_ = await ledger.listAccounts(database.store.reader, { limit: 9, after: null });
    for (const [index, changes] of refused.entries()) await assert.rejects(post(entry(`x${index}`, changes)), /constraint/i, JSON.stringify(changes));
    assert.deepEqual(await ledger.listAccounts(database.store.reader, { limit: 9, after: null }), before_);
    assert.equal((await ledger.listEntries(database.store.reader, { limit: 9, before: null })).length, 1);
  });

  test('balances are found for many accounts at once', async () => {
    assert.deepEqual(await ledger.findBalances(database.store.reader, ['poor', 'missing', 'local']), new Map([['local', MOST], ['poor', 0]]));
    assert.deepEqual(await ledger.findBalances(database.store.reader, []), new Map());
  });

  test('entries are narrowed by account on either side, by kind and by brief, page by page', async () => {
    const { store } = database;
    await store.write((tx) => ledger.insertAccount(tx, { id: 'rich', kind: 'worker', name: 'rich' }, START_MS));
    for (const [index, changes] of [{ creditAccount: 'rich', briefId: 'b1' }, { debitAccount: 'rich', creditAccount: 'poor', kind: 'audit' as const, amountMicrocredits: 2 }, { creditAccount: 'poor', briefId: 'b1' }, { creditAccount: 'rich', briefId: 'b2' }].entries()) {
      await post(entry(`f${index}`, changes));
    }
    const none = { account: null, kind: null, brief: null };
    const list = async (filter: Partial<ledgerModule.EntryFilter>, before_: string | null = null, limit = 9) => (await ledger.listEntries(store.reader, { limit, before: before_, filter: { ...none, ...filter } })).map((one) => one.id);
    assert.deepEqual(await Promise.all([list({ account: 'rich' }), list({ account: 'rich' }, 'f3'), list({ account: 'rich' }, null, 2)]), [['f3', 'f1', 'f0'], ['f1', 'f0'], ['f3', 'f1']]);
    assert.deepEqual(await Promise.all([list({ account: 'treasury', brief: 'b1' }), list({ account: 'rich', brief: 'b1' }), list({ account: 'rich', kind: 'audit' }), list({ kind: 'audit' }), list({ brief: 'b2' })]), [['f2', 'f0'], ['f0'], ['f1'], ['f1'], ['f3']]);
    assert.deepEqual(await list({ account: 'treasury' }, 'f3'), ['f2', 'f0', 'e1']);
    assert.deepEqual(await list({ kind: 'result', account: 'poor' }), ['f2']);
    assert.deepEqual(await Promise.all([list({ account: 'rich', span: { from: 'f1', until: 'f3' } }), list({ brief: 'b1', span: { from: null, until: 'f2' } }), list({ span: { from: 'f3', until: null } })]), [['f1'], ['f0'], ['f3']]);
    assert.deepEqual(await ledger.listPayments(store.reader, 'b1', 9), [{ at: START_MS, amountMicrocredits: 5 }, { at: START_MS, amountMicrocredits: 5 }]);
    assert.deepEqual(await ledger.findEntry(store.reader, 'f1'), { ...entry('f1', { debitAccount: 'rich', creditAccount: 'poor', kind: 'audit', amountMicrocredits: 2 }), cause: 'f1' });
    assert.equal(await ledger.findEntry(store.reader, 'missing'), null);
    await database.store.write(async (tx) => void (await tx.run(sql`delete from entries where id like 'f%'`)));
  });

  test('accounts and entries page by key', async () => {
    for (let index = 2; index < 6; index += 1) await post(entry(`e${index}`));
    assert.deepEqual((await ledger.listEntries(database.store.reader, { limit: 2, before: 'e4' })).map((one) => one.id), ['e3', 'e2']);
    assert.deepEqual((await ledger.listAccounts(database.store.reader, { limit: 1, after: 'local' })).map((one) => one.id), ['poor']);
  });
}

export function tokenSuite(database: TestDatabase): void {
  test('tokens are found by their hash and taken back by kind', async () => {
    const { store } = database;
    const token = (hash: string, kind: 'admin' | 'enrolment' | 'worker', workerId: string | null = null) => ({ hash, kind, accountId: 'local', workerId, createdAt: START_MS });
    const all = [token('h1', 'admin'), token('h2', 'admin'), token('h3', 'worker', 'w1'), token('h4', 'worker', 'w2'), token('h5', 'enrolment')];
    for (const one of all) await store.write((tx) => tokens.insertToken(tx, one));
    await store.write((tx) => tokens.insertToken(tx, token('h1', 'worker')));
    assert.deepEqual((await tokens.summarizeTokens(store.reader)).map(({ kind, many, firstAt, lastAt }) => [kind, many, firstAt, lastAt]), [['admin', 2, START_MS, START_MS], ['enrolment', 1, START_MS, START_MS], ['worker', 2, START_MS, START_MS]]);
    assert.ok((await databases.databaseBytes(store.reader)) > 10_000);
    assert.deepEqual(await Promise.all(all.map((one) => tokens.findToken(store.reader, one.hash))), all);
    await store.write((tx) => insertPerson(tx, { id: 'lender', name: 'Lender' }, START_MS));
    for (const [index, hash] of ['l1', 'l2'].entries()) await store.write((tx) => tokens.insertToken(tx, { ...token(hash, 'enrolment'), accountId: 'lender', createdAt: START_MS + index }));
    assert.deepEqual([await tokens.findEnrolmentSince(store.reader, 'lender'), await tokens.findEnrolmentSince(store.reader, 'missing')], [START_MS + 1, null]);
    await store.write((tx) => tokens.deleteOtherTokens(tx, 'admin', 'local', 'h2'));
    assert.equal(await store.write((tx) => tokens.deleteOtherTokens(tx, 'enrolment', 'lender', 'l2')), 1);
    assert.deepEqual(await Promise.all(['l1', 'l2'].map(async (hash) => (await tokens.findToken(store.reader, hash)) !== null)), [false, true]);
    assert.equal(await store.write((tx) => tokens.deleteOtherTokens(tx, 'enrolment', 'lender', null)), 1);
    assert.equal(await tokens.findEnrolmentSince(store.reader, 'lender'), null);
    const left = await Promise.all(all.map(async (one) => (await tokens.findToken(store.reader, one.hash)) !== null));
    assert.deepEqual(left, [false, true, true, true, true]);
    await assert.rejects(store.write((tx) => tokens.insertToken(tx, { ...token('h6', 'admin'), accountId: 'missing' })), /constraint/i);
  });
}

export function totalsSuite(database: TestDatabase): void {
  test('totals add up over families, whatever their shards', async () => {
    const { store } = database;
    const briefStates = { draft: 0, running: 0, paused: 0, exhausted: 0, completed: 0, failed: 0, cancelled: 0 };
    const none = { briefStates, briefs: 0, families: 0, pending: 0, running: 0, completed: 0, failed: 0, cancelled: 0 };
    assert.deepEqual({ ...(await totals.readTotals(store.reader)) }, none);
    for (let index = 0; index < 40; index += 1) await store.write((tx) => totals.shiftTotals(tx, `family-${index}`, { families: 1, pending: 3, running: index % 2 }));
    await store.write((tx) => totals.shiftTotals(tx, 'family-1', { pending: -3, completed: 2, failed: 1, cancelled: 4, briefs: 5 }));
    assert.deepEqual({ ...(await totals.readTotals(store.reader)) }, { ...none, briefs: 5, families: 40, pending: 117, running: 20, completed: 2, failed: 1, cancelled: 4 });
  });

  test('a brief counts under the state it is in', async () => {
    const shift = (family: string, from: BriefState | null, to: BriefState | null) => database.store.write((tx) => totals.shiftBriefState(tx, family, from, to));
    for (let index = 0; index < 20; index += 1) await shift(`family-${index}`, null, 'draft');
    await shift('family-1', 'draft', 'running');
    await shift('family-2', 'draft', 'running');
    await shift('family-2', 'running', 'running');
    await shift('family-2', 'running', 'completed');
    await shift('family-3', 'draft', null);
    assert.deepEqual((await totals.readTotals(database.store.reader)).briefStates, { draft: 17, running: 1, paused: 0, exhausted: 0, completed: 1, failed: 0, cancelled: 0 });
  });
}

export function workerSuite(database: TestDatabase): void {
  before(async () => {
    const gpus = [{ model: HOSTILE_TEXTS[3] ?? '', vramGb: 23.65 }];
    const hardware = { ...sampleWorker('w').hardware, gpus, cpuModel: HOSTILE_TEXTS.join('') };
    for (const [index, id] of ['w1', 'w2', 'w3', 'w4'].entries()) {
      await database.store.write((tx) => workers.insertWorker(tx, sampleWorker(id, { hardware, lastSeenAt: START_MS + index })));
    }
  });
  const find = (id: string) => workers.findWorker(database.store.reader, id);

  test('a worker comes back as it was written, and signs of life are noted', async () => {
    const worker = await find('w1');
    assert.ok(worker !== null);
    assert.deepEqual(worker, sampleWorker('w1', { hardware: worker.hardware }));
    assert.equal(worker.hardware.cpuModel, HOSTILE_TEXTS.join(''));
    assert.equal(await find('missing'), null);
    await database.store.write((tx) => workers.touchWorker(tx, 'w1', { cpuPercent: 12.5, ramUsedGb: null, gpuPercent: 0 }, START_MS + 10));
    assert.deepEqual(await find('w1'), { ...worker, load: { cpuPercent: 12.5, ramUsedGb: null, gpuPercent: 0 }, lastSeenAt: START_MS + 10 });
  });

  test("a worker's counts move, and never below nothing at work", async () => {
    await database.store.write((tx) => workers.shiftWorker(tx, 'w2', { running: 2, completed: 1, failed: 0 }));
    await database.store.write((tx) => workers.shiftWorker(tx, 'w2', { running: -1, completed: 0, failed: 3, lost: 2 }));
    const worker = await find('w2');
    assert.deepEqual([worker?.running, worker?.completed, worker?.failed, worker?.lost], [1, 1, 3, 2]);
    await assert.rejects(database.store.write((tx) => workers.shiftWorker(tx, 'w2', { running: -2, completed: 0, failed: 0 })), /constraint/i);
  });

  test('removed workers are neither listed nor counted', async () => {
    await database.store.write((tx) => workers.setWorkerStatus(tx, 'w3', 'removed'));
    await database.store.write((tx) => workers.setWorkerStatus(tx, 'w4', 'draining'));
    assert.deepEqual((await workers.listWorkers(database.store.reader, { limit: 9, before: null })).map((worker) => worker.id), ['w4', 'w2', 'w1']);
    assert.deepEqual((await workers.listWorkers(database.store.reader, { limit: 1, before: 'w4' })).map((worker) => worker.id), ['w2']);
    assert.deepEqual({ ...(await workers.countWorkers(database.store.reader, START_MS + 2)) }, { total: 3, online: 2, busy: 0 });
    assert.deepEqual({ ...(await workers.countWorkers(database.store.reader, START_MS + 1)) }, { total: 3, online: 3, busy: 1 });
    assert.equal((await find('w3'))?.status, 'removed');
    assert.deepEqual([(await workers.listWorkersOfOwner(database.store.reader, 'local', 2)).map((worker) => worker.id), await workers.listWorkersOfOwner(database.store.reader, 'nobody', 2)], [['w4', 'w2'], []]);
    const seen = async (since: number, before_: number, limit: number) => (await workers.listWorkersLastSeen(database.store.reader, { since, before: before_ }, limit)).map((worker) => worker.id);
    assert.deepEqual([await seen(START_MS, START_MS + 99, 9), await seen(START_MS + 3, START_MS + 10, 9), await seen(START_MS, START_MS + 99, 1)], [['w1', 'w4', 'w2'], ['w4'], ['w1']]);
  });

  test('a list of workers is narrowed by state and by words, which are no patterns', async () => {
    const seenSince = START_MS + 2;
    const list = async (filter: Partial<workerModule.WorkerFilter>) => (await workers.listWorkers(database.store.reader, { limit: 9, before: null, filter: { state: null, text: '', seenSince, ...filter } })).map((worker) => worker.id);
    assert.deepEqual(await Promise.all((['busy', 'idle', 'draining', 'offline'] as const).map((state) => list({ state }))), [[], ['w4', 'w1'], ['w4'], ['w2']]);
    assert.deepEqual(await Promise.all(['WORKER W1', 'w2', '%', '_', String.raw`\\`, ''].map((text) => list({ text }))), [['w1'], ['w2'], [], [], [], ['w4', 'w2', 'w1']]);
  });

  test('the schema refuses impossible workers', async () => {
    const refused = [{ slots: 0 }, { ownerId: 'missing' }, { id: 'w1' }];
    for (const changes of refused) await assert.rejects(database.store.write((tx) => workers.insertWorker(tx, sampleWorker('new', changes))), /constraint/i, JSON.stringify(changes));
  });
}

export function searchSuite(database: TestDatabase): void {
  const brief = (number: string, title: string, goal: string) => sampleBrief(`1m87t180g${number}bqd6j9`, { familyId: `1m87t180h${number}fam6j9`, title, goal });
  before(async () => {
    await storeExperiment(database.store);
    await storeBrief(database.store, brief('1', 'Ältere Été 100%', 'Which wins?'), 12);
    await storeBrief(database.store, brief('2', 'مرحبا 🦀 a_b', `it's "so"\nlr`), 2);
    for (const [index, name] of ['Lab one', 'lab TWO', 'gone'].entries()) await database.store.write((tx) => workers.insertWorker(tx, sampleWorker(`1m87t180i${index}wor6j9`, { name, status: name === 'gone' ? 'removed' : 'active' })));
  });

  test('briefs and workers are found by words, which are text and nothing else', async () => {
    const found = async (...words: string[]) => (await searches.searchBriefs(database.store.reader, words, 9)).map((one) => one.name.split(' ')[0]);
    for (const words of [['été'], ['Été'], ['WINS', '100%'], ['ältere'], ['%', 'which']]) assert.deepEqual(await found(...words), ['Ältere'], words.join(' '));
    for (const words of [['مرحبا'], ['🦀'], ['a_b'], [`it's`], ['"so"', 'LR']]) assert.deepEqual(await found(...words), ['مرحبا'], words.join(' '));
    for (const words of [['axb'], ['10%0'], ['\\'], ['wins', 'so']]) assert.deepEqual(await found(...words), [], words.join(' '));
    assert.equal((await searches.searchBriefs(database.store.reader, ['a'], 1)).length, 1);
    assert.deepEqual((await searches.searchWorkers(database.store.reader, ['lab'], 9)).map((one) => one.name), ['lab TWO', 'Lab one']);
    assert.deepEqual(await searches.searchWorkers(database.store.reader, ['gone'], 9), []);
    assert.deepEqual(await searches.searchPeople(database.store.reader, ['SERVER', 'this'], 9), [{ id: 'local', name: 'This server' }]);
    assert.deepEqual(await searches.searchPeople(database.store.reader, ['treasury'], 9), []);
  });

  test('nouns are found by the beginning of their id, whole or without the part that says when', async () => {
    const find = async (table: searchModule.SearchedTable, prefix: string) => (await searches.findByIdPrefix(database.store.reader, table, prefix, 9)).map((one) => one.id);
    assert.deepEqual(await find('briefs', '1m87t180g'), ['1m87t180g2bqd6j9', '1m87t180g1bqd6j9']);
    assert.deepEqual(await find('briefs', '1bq'), ['1m87t180g1bqd6j9']);
    assert.deepEqual(await find('families', '2fam6j9'), ['1m87t180h2fam6j9']);
    assert.deepEqual(await find('workers', '0wor'), ['1m87t180i0wor6j9']);
    assert.deepEqual(await find('briefs', '%'), []);
    const tasks = async (prefix: string) => (await searches.findTasksByIdPrefix(database.store.reader, prefix, 9)).map((one) => one.id.slice(9));
    assert.deepEqual((await tasks('1m87t180h1fam6j9-1')).toSorted(), ['1fam6j9-1', '1fam6j9-10', '1fam6j9-11', '1fam6j9-12']);
    assert.equal((await tasks('1m87t180h')).length, 9);
    assert.deepEqual(await tasks('1m87t180h1fam6j9-13'), []);
  });
}
