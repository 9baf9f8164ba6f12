import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paths } from './paths.ts';

test('the table of contents: every address of the site', () => {
  const contents = {
    overview: paths.overview(),
    briefs: paths.briefs({ state: 'running', cursor: null }),
    briefNew: paths.briefNew(),
    brief: paths.brief(':id'),
    briefAction: paths.briefAction(':id', 'pause'),
    families: paths.families(),
    family: paths.family(':id'),
    familyExport: paths.familyExport(':id', { format: 'csv' }),
    tasks: paths.tasks({ family: 'f1', state: 'failed', sort: '' }),
    taskComplete: paths.taskComplete({ family: 'f1' }),
    task: paths.task(':id'),
    taskLog: paths.taskLog(':id', { attempt: 2 }),
    taskLogText: paths.taskLogText(':id', { line: 7 }),
    taskLogLines: paths.taskLogLines(':id', { from: 1 }),
    taskLogSearch: paths.taskLogSearch(':id', { q: 'é' }),
    taskActions: paths.taskActions(),
    taskAction: paths.taskAction(':id', 'requeue'),
    action: paths.action(':id'),
    actionUndo: paths.actionUndo(':id'),
    workers: paths.workers(),
    worker: paths.worker(':id'),
    workerAction: paths.workerAction(':id', 'remove'),
    credits: paths.credits({ after: 'a', before: 'b' }),
    experiments: paths.experiments(),
    experiment: paths.experiment(':name'),
    settings: paths.settings(),
    settingsTheme: paths.settingsTheme(),
    styleguide: paths.styleguide(),
    live: paths.live(paths.task(':id')),
    asset: paths.asset(':file'),
    apiDocs: paths.apiDocs(),
    openapi: paths.openapi(),
    monitoring: paths.monitoring(),
  };
  assert.deepEqual(Object.keys(contents), Object.keys(paths), 'a new address belongs into this table');
  assert.deepEqual(contents, {
    overview: '/',
    briefs: '/briefs?state=running',
    briefNew: '/briefs/new',
    brief: '/briefs/:id',
    briefAction: '/briefs/:id/pause',
    families: '/families',
    family: '/families/:id',
    familyExport: '/families/:id/export?format=csv',
    tasks: '/tasks?family=f1&state=failed',
    taskComplete: '/tasks/complete?family=f1',
    task: '/tasks/:id',
    taskLog: '/tasks/:id/log?attempt=2',
    taskLogText: '/tasks/:id/log/text?line=7',
    taskLogLines: '/tasks/:id/log/lines?from=1',
    taskLogSearch: '/tasks/:id/log/search?q=%C3%A9',
    taskActions: '/tasks/actions',
    taskAction: '/tasks/:id/requeue',
    action: '/actions/:id',
    actionUndo: '/actions/:id/undo',
    workers: '/workers',
    worker: '/workers/:id',
    workerAction: '/workers/:id/remove',
    credits: '/credits?after=a&before=b',
    experiments: '/experiments',
    experiment: '/experiments/:name',
    settings: '/settings',
    settingsTheme: '/settings/theme',
    styleguide: '/styleguide',
    live: '/live/tasks/:id',
    asset: '/assets/:file',
    apiDocs: '/api/docs',
    openapi: '/api/v1/openapi.json',
    monitoring: '/metrics',
  });
});

test('whatever an id or a query holds, it stays one part of the address', () => {
  assert.equal(paths.task('a/../b?c#d'), '/tasks/a%2F..%2Fb%3Fc%23d');
  assert.equal(paths.tasks({ family: 'a&state=failed' }), '/tasks?family=a%26state%3Dfailed');
});
