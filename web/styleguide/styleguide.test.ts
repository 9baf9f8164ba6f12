import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startTestServer, type TestServer } from '#test/running-server.ts';
import { SPECIMENS } from './specimens.ts';

const PARTS = join(import.meta.dirname, '..', 'parts');

/** Parts that read the store while they render: the pages that have them show them, and `test/site` looks at those. */
const READS_THE_STORE: Record<string, string> = {
  'action-notice.ts': 'the action that an address names',
  'answer-card.ts': 'how the campaign stands and what lies ahead of it',
  'answer-figures.ts': 'the workers that are at it',
  'burn-down.ts': 'the payments of a brief',
  'checkpoint.ts': 'the newest checkpoint',
  'compare/curves-cards.ts': 'the points of the compared runs',
  'credits/account-cards.ts': 'an account, its workers and briefs',
  'credits/balances.ts': 'all balances',
  'credits/earnings.ts': 'the entries of a worker',
  'credits/enrolment.ts': 'the token of an account',
  'credits/filter-form.ts': 'the accounts of people',
  'entry-proof.ts': 'the place of an entry in the tree',
  'explore/best-curves.ts': 'the points of the best runs',
  'explore/explorer.ts': 'the runs of a family',
  'explore/timeline-view.ts': 'the attempts of a family',
  'fleet/at-work.ts': 'the running tasks of a worker',
  'fleet/attention.ts': 'campaigns and workers',
  'fleet/campaigns.ts': 'the open campaigns',
  'fleet/fleet.ts': 'the last hour of all workers',
  'fleet/reputation.ts': 'the record of a worker',
  'fleet/worker-history.ts': 'the last hours of a worker',
  'log/log-tail.ts': 'the log of an attempt',
  'outlook.ts': 'the pace and the workers of a campaign',
  'pictures/gallery.ts': 'the runs of a family',
  'provenance.ts': 'the package and the worker of a result',
  'stopping.ts': 'the attempts that are told to stop',
  'task-configuration.ts': 'the best run of the family',
  'task-table/task-table.ts': 'the tasks that match',
  'verification.ts': 'the audits of a result',
  'waiting.ts': 'the queue and the workers',
};
/** Exports of a part whose values are put on pages. */
const MAKES_A_FRAGMENT = /^export (?:async )?function [^{]*\): (?:Promise<)?(?:Fragment|Content)\b/m;
/** What draws for others: its fragments are always inside of theirs. */
const DRAWS_FOR_OTHERS = ['pictures/svg.ts', 'pictures/draw.ts', 'pictures/kept.ts', 'pictures/family-picture.ts'];

test('every specimen names a file of web/parts', () => {
  const parts = globSync('**/*.ts', { cwd: PARTS });
  assert.deepEqual(SPECIMENS.map(({ part }) => part).filter((part) => !parts.includes(part)), []);
});

test('every part that can be shown without a store has specimens', () => {
  const shown = new Set(SPECIMENS.map(({ part }) => part));
  const parts = globSync('**/*.ts', { cwd: PARTS }).map((part) => part.replaceAll('\\', '/')).filter((part) => !part.endsWith('.test.ts'));
  const left = parts.filter((part) => MAKES_A_FRAGMENT.test(readFileSync(join(PARTS, part), 'utf8')) && !shown.has(part) && !Object.hasOwn(READS_THE_STORE, part) && !DRAWS_FOR_OTHERS.includes(part));
  assert.deepEqual(left, [], 'these make fragments that the style guide does not show');
  assert.deepEqual(Object.keys(READS_THE_STORE).filter((part) => shown.has(part) || !parts.includes(part)), [], 'what is shown, or gone, needs no excuse');
});

test('the specimens of a part have names that tell them apart', () => {
  for (const { part, specimens } of SPECIMENS) {
    assert.equal(new Set(specimens.map(({ name }) => name)).size, specimens.length, part);
  }
});

describe('the style guide', () => {
  let server: TestServer;
  let plain: TestServer;
  before(async () => {
    [server, plain] = await Promise.all([startTestServer({ development: true }), startTestServer()]);
  });
  after(async () => {
    await Promise.all([server.stop(), plain.stop()]);
  });

  test('is there for development only', async () => {
    assert.deepEqual([(await server.call('GET', '/styleguide')).status, (await plain.call('GET', '/styleguide')).status], [200, 404]);
  });

  test('shows hostile data as text', async () => {
    const { body } = await server.call('GET', '/styleguide');
    assert.ok(!body.includes('<img src=x') && body.includes('&lt;img src=x'));
  });
});
