import assert from 'node:assert/strict';
import { after } from 'node:test';
import { missingCalls } from './covered.ts';
import { onBothDatabases } from './databases.ts';
import { accountSuite } from './nouns/account.ts';
import { actionSuite } from './nouns/actions.ts';
import { auditSuite } from './nouns/audits.ts';
import { briefAndFamilySuite } from './nouns/brief-and-family.ts';
import { fleetSuite } from './nouns/fleet.ts';
import { eventSuite, webhookSuite } from './nouns/event-and-webhook.ts';
import { ledgerTreeSuite } from './nouns/ledger-tree.ts';
import { logSuite, pointSuite } from './nouns/progress.ts';
import { experimentSuite, idempotencySuite, ledgerSuite, searchSuite, tokenSuite, totalsSuite, workerSuite } from './nouns/records.ts';
import { taskSearchSuite } from './nouns/task-search.ts';
import { attemptSuite, taskSuite } from './nouns/task-and-attempt.ts';

onBothDatabases('briefs and families', briefAndFamilySuite);
onBothDatabases('tasks', taskSuite);
onBothDatabases('searches of tasks', taskSearchSuite);
onBothDatabases('attempts', attemptSuite);
onBothDatabases('actions', actionSuite);
onBothDatabases('audits, verification and reputations', auditSuite);
onBothDatabases('points', pointSuite);
onBothDatabases('logs', logSuite);
onBothDatabases('experiments', experimentSuite);
onBothDatabases('answered requests', idempotencySuite);
onBothDatabases('ledger', ledgerSuite);
onBothDatabases('the tree of the ledger', ledgerTreeSuite);
onBothDatabases('accounts of people', accountSuite);
onBothDatabases('search', searchSuite);
onBothDatabases('tokens', tokenSuite);
onBothDatabases('totals', totalsSuite);
onBothDatabases('workers', workerSuite);
onBothDatabases('minutes and spans', fleetSuite);
onBothDatabases('events', eventSuite);
onBothDatabases('webhooks', webhookSuite);

// A failing hook fails the file: a new store function without a test here does not pass.
after(async () => assert.deepEqual(await missingCalls(), [], 'every function of the store is tried on both databases'));
