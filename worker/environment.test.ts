import assert from 'node:assert/strict';
import { delimiter, dirname } from 'node:path';
import { test } from 'node:test';
import { scriptEnvironment, type EnvironmentSource } from './environment.ts';

function environmentOf(more: Partial<EnvironmentSource>) {
  return scriptEnvironment({ environment: {}, python: null, home: '/h', temporary: '/t', cores: 8, slots: 1, slot: 0, gpus: 0, ...more });
}

test('only what programs need to run is passed on', () => {
  const environment = { PATH: '/usr/bin', HOME: '/root', XEENET_ADMIN_TOKEN: 's', GITHUB_TOKEN: 's', HTTPS_PROXY: 'http://user:password@proxy', LANG: 'de_DE.UTF-8', LD_LIBRARY_PATH: '/cuda' };
  const made = environmentOf({ environment });
  const expected = 'HOME LANG LD_LIBRARY_PATH MKL_NUM_THREADS OMP_NUM_THREADS OPENBLAS_NUM_THREADS PATH PYTHONIOENCODING PYTHONUNBUFFERED TEMP TMP TMPDIR USERPROFILE';
  assert.equal(Object.keys(made).toSorted().join(' '), expected);
  assert.deepEqual([made['HOME'], made['TMPDIR'], made['LANG']], ['/h', '/t', 'de_DE.UTF-8']);
  assert.equal(made['PATH'], [dirname(process.execPath), '/usr/bin'].join(delimiter));
});

test('cores are shared between the slots, and everyone has at least one', () => {
  assert.equal(environmentOf({ cores: 8, slots: 3 })['OMP_NUM_THREADS'], '2');
  assert.equal(environmentOf({ cores: 2, slots: 5 })['OMP_NUM_THREADS'], '1');
});

test('scripts that run together get a GPU each in turn; one alone sees them all', () => {
  const devices = (more: Partial<EnvironmentSource>) => environmentOf(more)['CUDA_VISIBLE_DEVICES'];
  assert.deepEqual([0, 1, 2].map((slot) => devices({ gpus: 2, slots: 3, slot })), ['0', '1', '0']);
  assert.deepEqual([0, 1].map((slot) => devices({ gpus: 4, slots: 2, slot, environment: { CUDA_VISIBLE_DEVICES: '2,3' } })), ['2', '3']);
  assert.equal(devices({ gpus: 4, environment: { CUDA_VISIBLE_DEVICES: '2,3' } }), '2,3');
  assert.equal(devices({ gpus: 4 }), undefined);
  assert.equal(devices({ gpus: 1, slots: 2, slot: 1 }), undefined);
});

test('Python finds the packages of the user although HOME is another', () => {
  const made = environmentOf({ python: { path: '/opt/python/bin/python3', userBase: '/root/.local' }, environment: { PATH: '/usr/bin' } });
  assert.equal(made['PYTHONUSERBASE'], '/root/.local');
  assert.equal(made['PATH'], [dirname(process.execPath), '/opt/python/bin', '/usr/bin'].join(delimiter));
});
