import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAllowed, parseAllowList, problemOf, WrongEntry } from './webhook-address.ts';

const PUBLIC = new URL('https://hooks.example.org/');

test('a host name that is allowed leads to public addresses only', () => {
  const allowed = parseAllowList('hooks.example.org');
  for (const ip of ['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c']) assert.ok(isAllowed(ip, PUBLIC, allowed), ip);
  const inside = [
    '127.0.0.1', '127.8.8.8', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '192.0.0.8', '198.18.0.1', '224.0.0.1', '255.255.255.255',
    '::', '::1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '64:ff9b::7f00:1', '64:ff9b:1::a00:1', '2002:7f00:1::', '2001::1', 'fc00::1', 'fd12::1', 'fe80::1', 'fec0::1', 'ff02::1', '2001:db8::1', 'fe80::1%eth0', '', 'localhost', '127.1',
  ];
  for (const ip of inside) assert.ok(!isAllowed(ip, PUBLIC, allowed), ip);
});

test('a private address is reached only where it, or a private range with it, is named', () => {
  const url = new URL('http://build.lab:9000/');
  assert.ok(isAllowed('10.1.2.3', url, parseAllowList('10.1.0.0/16')));
  assert.ok(isAllowed('127.0.0.1', url, parseAllowList('127.0.0.1')));
  assert.ok(isAllowed('::1', url, parseAllowList('::1')));
  assert.ok(isAllowed('fd00::5', url, parseAllowList('fd00::/16')));
  assert.ok(!isAllowed('10.2.2.3', url, parseAllowList('10.1.0.0/16, build.lab:9000')));
  for (const everything of ['0.0.0.0/0', '8.0.0.0/5', '::/0']) for (const ip of ['127.0.0.1', '10.1.2.3', '::1', '::ffff:127.0.0.1', 'fd00::5']) assert.ok(!isAllowed(ip, url, parseAllowList(everything)), `${everything} ${ip}`);
  assert.ok(isAllowed('93.184.215.14', url, parseAllowList('0.0.0.0/0')));
});

test('what an address may be, in words', () => {
  const allowed = parseAllowList('hooks.example.org other.example:8443,127.0.0.1');
  for (const good of ['https://hooks.example.org/a', 'http://HOOKS.example.org./', 'https://other.example:8443', 'http://127.0.0.1:5000/', 'http://2130706433/', 'http://0x7f.1/']) {
    // With a range in the list a name may lead into it, which is seen at the look-up.
    assert.equal(problemOf(good, allowed), null, good);
  }
  const names = parseAllowList('hooks.example.org other.example:8443');
  for (const [bad, said] of [
    ['https://hooks.example.org:8443/', /names hooks\.example\.org:8443/], ['https://other.example/', /names other\.example/], ['https://evil.example/', /names evil/], ['https://hooks.example.org.evil.example/', /names/],
    ['ftp://hooks.example.org/', /must be a URL/], ['hooks.example.org', /must be a URL/], ['', /must be a URL/], [`https://hooks.example.org/${'x'.repeat(1000)}`, /must be a URL/], ['https://a:b@hooks.example.org/', /user name/],
    ['http://169.254.169.254/latest', /leads to 169\.254\.169\.254/], ['http://[::1]/', /leads to ::1/], ['http://[::ffff:7f00:1]/', /leads to/],
  ] as const) assert.match(problemOf(bad, names) ?? '', said, bad);
  assert.match(problemOf('https://hooks.example.org/', parseAllowList('')) ?? '', /sends no webhooks/);
});

test('an entry that is nothing is named', () => {
  for (const wrong of ['https://hooks.example.org', '10.0.0.0/33', '10.0.0', '*', 'a/b', '300.1.1.1', '10.0.0.1:80']) assert.throws(() => parseAllowList(wrong), WrongEntry, wrong);
});
