import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFilter } from '#core/filter.ts';
import type { Metric } from '#core/experiment.ts';
import { seededRandom } from '#core/random.ts';
import type { Space } from '#core/space.ts';
import { EACH_CONFIGURATION, type Explored } from '#web/parts/explore/asked.ts';
import { filterOf } from '#web/parts/explore/panels.ts';
import { groups, type GroupsData } from './groups.ts';
import type { Run } from './runs.ts';

const metric: Metric = { name: 'val_bpb', direction: 'minimize', above: 0 };
const EVIL = '"><img src=x onerror=alert(1)>';
const space: Space = { parameters: { kind: { type: 'choice', values: ['plain', 'fancy', EVIL] }, lr: { type: 'log', low: 1e-4, high: 1e-1 }, width: { type: 'choice', values: [1, 2] } }, constraints: [] };
const usual: Explored = { group: 'kind', split: null, centre: 'mean', spread: 'sd', show: 'values' };

function runsOf(values: readonly (number | null)[]): Run[] {
  const random = seededRandom(5);
  return values.map((value, index) => ({
    id: `f-${index + 1}`, number: index + 1, state: value === null ? 'failed' : 'completed', value, seed: index, workerId: null, startedAt: null, finishedAt: null,
    config: { kind: ['plain', 'fancy', EVIL][index % 3] ?? '', lr: 1e-4 * 1000 ** random(), width: 1 + (index % 2) },
  }));
}

function draw(runs: readonly Run[], asked: Partial<Explored> = {}, changes: Partial<GroupsData> = {}): string {
  return String(groups(runs, { metric, familyId: 'f', space, page: { path: '/families/f', query: {} }, filter: '', baseline: null, asked: { ...usual, ...asked }, ...changes }));
}

test('runs, centres and table agree, and lead to their tasks', () => {
  const picture = draw(runsOf([3, 2, 4, 5, 2.5, 4.5, null]));
  assert.match(picture, /<strong>kind fancy<\/strong> has the best mean, <data[^>]*>2\.250<\/data> \(sd 0\.3536, n = 2\), of 3 groups/);
  assert.match(picture, /<a href="\/tasks\/f-1" tabindex="-1"><circle[^>]*><title>#1: val_bpb 3\.000</);
  assert.match(picture, /<a href="\/tasks\?family=f&amp;filter=kind%3Dplain" aria-label="plain: mean 4\.000, from 2\.586 to 5\.414, 2 runs">/);
  assert.match(picture, /filter=kind%3Dplain%20state%3Afailed">1<\/a>/);
});

test('a second parameter makes a picture of each of its values, and the best of all is said', () => {
  const picture = draw(runsOf([3, 2, 4, 5, 2.5, 4.5]), { split: 'width', centre: 'median', spread: 'range' });
  assert.deepEqual([...picture.matchAll(/<h3>([^<]*)</g)].map(([, caption]) => caption), ['width 1', 'width 2']);
  assert.match(picture, /<strong>width 2, kind fancy<\/strong> has the best median/);
});

test('runs that the filter of the page leaves out do not count, and the groups go on from it', () => {
  const runs = runsOf([3, 2, 4, 5, 2.5, 4.5]).map((run, index) => (index === 1 ? { ...run, dimmed: true as const } : run));
  const picture = draw(runs, {}, { filter: 'lr>0' });
  assert.match(picture, /<strong>kind fancy<\/strong> has the best mean, <data[^>]*>2\.500</);
  assert.match(picture, /filter=lr%3E0%20kind%3Dplain/);
});

test('the baseline is a line, and a difference in the table', () => {
  const picture = draw(runsOf([3, 2, 4]), {}, { baseline: 2.5 });
  assert.match(picture, /class="baseline"/);
  assert.match(picture, /<data value="-0\.5" title="-0\.5">-0\.5000<\/data>/);
});

test('each configuration can be a group', () => {
  assert.match(draw(runsOf([3, 2, 4]), { group: EACH_CONFIGURATION }), /#2: fancy at lr/);
});

test('without values there is a sentence; one, equal and tiny ones are borne', () => {
  for (const runs of [[], runsOf([null, null])]) assert.match(draw(runs), /No task has a value of val_bpb yet/);
  for (const values of [[3], [3, 3, 3], [1e-12, 2e-12, 3e-12], [1e100, -1e100, 0]]) assert.doesNotMatch(draw(runsOf(values), { spread: 'ci' }), /NaN|Infinity/);
});

test('no picture weighs more than 150 KB, of ten thousand runs either, and hostile values stay inert', () => {
  const random = seededRandom(7);
  for (const count of [400, 401, 10_000]) {
    for (const asked of [{}, { group: 'lr', split: 'width' }, { group: 'lr', split: 'kind', spread: 'ci' as const }, { group: EACH_CONFIGURATION }]) {
      const picture = draw(runsOf(Array.from({ length: count }, () => (random() < 0.05 ? null : 2 + random()))), asked);
      assert.ok(picture.length < 150_000, `${count} ${JSON.stringify(asked)}: ${picture.length}`);
      assert.doesNotMatch(picture, /<img/);
    }
  }
});

test('the filter of a group is one that the language reads', () => {
  const conditions = [{ kind: 'equal', value: EVIL }, { kind: 'equal', value: 'a b\\' }, { kind: 'equal', value: true }, { kind: 'equal', value: 1e-12 }, { kind: 'range', from: 0.001, below: 1e21 }, { kind: 'range', from: null, below: -3 }] as const;
  for (const condition of conditions) {
    for (const name of ['lr', 'seed', 'val_bpb']) {
      const filter = filterOf(name, condition, metric) ?? assert.fail('it has a filter');
      assert.equal(parseFilter(filter, { parameters: null, metric: 'val_bpb' }).ok, true, filter);
    }
  }
});
