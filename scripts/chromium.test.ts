import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { chromiumPlaces, findChromium } from './chromium.mjs';

test('the named browser is the only one looked at', () => {
  assert.deepEqual(chromiumPlaces('linux', { XEENET_CHROMIUM: '/opt/browser', PATH: '/usr/bin' }), ['/opt/browser']);
});

test('a chromium late in PATH comes before a chrome early in it', () => {
  const places = chromiumPlaces('linux', { PATH: ['/one', '/two'].join(path.delimiter) });
  assert.ok(places.indexOf(path.join('/two', 'chromium')) < places.indexOf(path.join('/one', 'google-chrome')));
});

test('macOS and Windows have their usual places', () => {
  assert.ok(chromiumPlaces('darwin', {}).some((place) => place.includes('/Applications/Google Chrome.app/')));
  assert.ok(chromiumPlaces('win32', { PROGRAMFILES: 'C:\\Program Files' }).some((place) => place.includes('msedge.exe')));
});

test('a named browser that does not start is not replaced by another', () => {
  assert.equal(findChromium({ XEENET_CHROMIUM: '/nonexistent/browser', PATH: process.env.PATH }), undefined);
});
