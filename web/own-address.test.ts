import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownAddress, withAction } from './own-address.ts';

test('a form leads back to pages of this site and nowhere else', () => {
  const wanted = [
    ['/tasks?state=failed&sort=oldest', '/tasks?state=failed&sort=oldest'],
    ['/tasks?action=old&state=failed', '/tasks?state=failed'],
    ['/briefs/1?action=old#tasks', '/briefs/1#tasks'],
    ['//evil.example/tasks', '/'],
    ['/\\evil.example', '/'],
    ['/\t/evil.example', '/'],
    ['/..//evil.example', '/'],
    ['https://evil.example/', '/'],
    ['javascript:alert(1)', '/'],
    ['tasks', '/'],
    [`/${'x'.repeat(5000)}`, '/'],
    [undefined, '/'],
    [['/tasks'], '/'],
  ] as const;
  for (const [said, address] of wanted) assert.equal(ownAddress(said), address, String(said));
});

test('an action is named beside what the address asks for', () => {
  assert.deepEqual([withAction('/tasks', 'a'), withAction('/tasks?state=failed', 'a'), withAction('/briefs/1#tasks', 'a')], ['/tasks?action=a', '/tasks?state=failed&action=a', '/briefs/1?action=a#tasks']);
});
