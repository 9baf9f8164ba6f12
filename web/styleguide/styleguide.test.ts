import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startTestServer, type TestServer } from '#test/running-server.ts';
import { SPECIMENS } from './specimens.ts';

const PARTS = join(import.meta.dirname, '..', 'parts');

test('every specimen names a file of web/parts', () => {
  const parts = globSync('**/*.ts', { cwd: PARTS });
  assert.deepEqual(SPECIMENS.map(({ part }) => part).filter((part) => !parts.includes(part)), []);
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
