import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFilter } from '#core/filter.ts';
import type { Space } from '#core/space.ts';
import { madeRuns, madeStudy } from '#web/styleguide/made-runs.ts';
import { contour } from './contour.ts';
import { distribution } from './distribution.ts';
import { history } from './history.ts';
import { parallel } from './parallel.ts';
import type { Run } from './runs.ts';
import { scatter } from './scatter.ts';
import { slices } from './slices.ts';
import type { Study } from './study.ts';

const MOST_CHARACTERS = 150_000;

const PICTURES: Record<string, (runs: readonly Run[], study: Study) => string> = {
  history: (runs, study) => String(history(runs, { ...study, total: runs.length, color: null, noise: { low: 2.5, high: 2.7 } })),
  parallel: (runs, study) => String(parallel(runs, { ...study, axes: null, leader: null })),
  slices: (runs, study) => String(slices(runs, study)),
  contour: (runs, study) => String(contour(runs, { ...study, x: 'lr', y: 'dropout' })),
  distribution: (runs, study) => String(distribution(runs, study)),
  scatter: (runs, study) => String(scatter(runs, study)),
};

function each(check: (draw: (runs: readonly Run[], study?: Study) => string, name: string) => void): void {
  for (const [name, draw] of Object.entries(PICTURES)) check((runs, study = madeStudy()) => draw(runs, study), name);
}

const links = (picture: string) => new Set([...picture.matchAll(/href="(\/tasks\/[^"]+)"/g)].map(([, href]) => href));

test('every run with a value is a link to its task, with a title, in each picture that shows single runs', () => {
  const runs = madeRuns(40);
  for (const name of ['history', 'parallel', 'slices', 'contour', 'scatter']) {
    const picture = PICTURES[name]?.(runs, madeStudy()) ?? '';
    assert.equal(links(picture).size, 40, name);
    assert.match(picture, /<title>#17: val_bpb 2\.\d+/, name);
  }
});

test('a picture has one root with its name as id, and says in words what it shows', () => {
  each((draw, name) => {
    assert.match(draw(madeRuns(40)), new RegExp(`^<figure [^>]*id="${name}"`));
    assert.match(draw(madeRuns(40)), /aria-label="[^"]{20,}/, name);
    assert.match(draw(madeRuns(40)), /<figcaption>[^<]{10,}/, name);
  });
});

test('any number of runs and any values make a picture of at most 150 KB without a number that is none', () => {
  const values: Record<string, (index: number) => number | null> = {
    usual: (index) => 2 + Math.sin(index * 7) ** 2,
    equal: () => 3,
    tiny: (index) => 1e-12 * (1 + (index % 7)),
    decades: (index) => 10 ** ((index % 9) - 4),
    extreme: (index) => [1e308, -1e308, 5e-324, 0, 1][index % 5] ?? 0,
    failed: () => null,
  };
  for (const [kind, value] of Object.entries(values)) {
    for (const count of kind === 'usual' ? [0, 1, 2, 60, 150, 250, 251, 500, 2000, 10_000] : [1, 60, 260]) {
      const runs = madeRuns(count, undefined, value);
      each((draw, name) => {
        const picture = draw(runs);
        assert.ok(picture.length <= MOST_CHARACTERS, `${name} of ${count} ${kind}: ${picture.length} characters`);
        // The message names the picture; its text would be a hundred thousand characters.
        assert.equal(/NaN|Infinity|undefined|\[object| style=|<style|(?:fill|stroke)="#/.exec(picture), null, `${name} of ${count} ${kind}`);
      });
    }
  }
});

test('without a value there is a sentence instead of a picture', () => {
  each((draw, name) => {
    assert.match(draw([]), new RegExp(`^<p class="none" id="${name}">[^<]+`));
    if (name !== 'history') assert.doesNotMatch(draw(madeRuns(3, undefined, () => null)), /<svg/);
  });
});

test('hostile names and values stay inert, and their links stay filters', () => {
  const evil = '"><script>alert(1)</script> a,b\\';
  const space: Space = { parameters: { [evil]: { type: 'choice', values: [evil, 'قيمة', '🦉'] }, lr: { type: 'uniform', low: 0, high: 1 }, dropout: { type: 'uniform', low: 0, high: 1 } }, constraints: [] };
  const study = madeStudy({ space, metric: { name: evil, direction: 'maximize', above: null } });
  const runs = madeRuns(40, space, (index) => index).map((run) => ({ ...run, id: evil }));
  each((draw) => assert.doesNotMatch(draw(runs, study), /<script|<img/));
  const filters = [...PICTURES['parallel']?.(runs, study).matchAll(/href="\/styleguide\?filter=([^"]+)"/g) ?? []].map(([, filter = '']) => decodeURIComponent(filter));
  assert.equal(filters.length, 3);
});

test('a choice leads to the runs that have it, and from there back to all', () => {
  const [first] = /href="[^"]*" aria-label="only lr_schedule cosine"/.exec(PICTURES['parallel']?.(madeRuns(5), madeStudy({ filter: 'dropout<0.2 lr_schedule:linear' })) ?? '') ?? [''];
  assert.match(decodeURIComponent(first), /filter=dropout<0\.2 lr_schedule=cosine"/);
  const [again] = /href="[^"]*" aria-label="only lr_schedule cosine"/.exec(PICTURES['parallel']?.(madeRuns(5), madeStudy({ filter: 'lr_schedule=cosine' })) ?? '') ?? [''];
  assert.match(again, /href="\/styleguide"/);
});

test('the bars of the histogram hold every run once, each with a filter for just those runs', () => {
  const runs = madeRuns(120, undefined, (index) => 2.6 + ((index * 0.618034) % 1) / 100);
  const bars = [...PICTURES['distribution']?.(runs, madeStudy()).matchAll(/href="\/styleguide\?filter=([^"]+)" aria-label="[^:]+: ([\d,]+) run/g) ?? []];
  assert.ok(bars.length > 5);
  assert.equal(bars.reduce((sum, [, , n]) => sum + Number(n), 0), 120);
  for (const [, filter = '', n] of bars) {
    const parsed = parseFilter(decodeURIComponent(filter));
    assert.ok(parsed.ok, filter);
    const [low, high] = parsed.filter.terms.map((term) => (term.values[0]?.kind === 'number' ? term.values[0].number : Number.NaN));
    assert.equal(runs.filter((run) => run.value !== null && run.value >= (low ?? 0) && run.value < (high ?? 0)).length, Number(n), filter);
  }
});

test('runs that do not pass the filter are dimmed and stay', () => {
  const runs = madeRuns(40).map((run) => (run.number > 10 ? { ...run, dimmed: true } : run));
  for (const name of ['history', 'parallel', 'slices', 'contour', 'scatter']) {
    const picture = PICTURES[name]?.(runs, madeStudy({ filter: 'number<=10' })) ?? '';
    assert.match(picture, /class="[^"]*dimmed/, name);
    assert.equal(links(picture).size, 40, name);
  }
});

test('an axis says what the brush needs, and shows the stretch that the filter leaves', () => {
  const picture = PICTURES['parallel']?.(madeRuns(30), madeStudy({ filter: 'lr>=0.001 lr<=0.01' })) ?? '';
  assert.match(picture, /<g class="parallel-axis set" data-index="0" data-field="lr" data-scale="log" data-low="0\.0001" data-high="0\.02"/);
  assert.match(picture, /data-field="n_layers" data-scale="points"[^>]* data-choices="\[&quot;1&quot;,&quot;2&quot;,&quot;4&quot;\]"/);
  assert.match(picture, /aria-label="lr: from"[^>]* aria-valuenow="43"/);
  assert.match(picture, /data-field="value"/, 'the metric filters as value');
  assert.match(picture, />off<title>step_size is not active in these runs/);
});

test('the order of the axes is the one asked for; names that are no parameters are left out', () => {
  const fields = (axes: string[]) => [...String(parallel(madeRuns(30), { ...madeStudy(), axes, leader: null })).matchAll(/data-field="([^"]+)"/g)].map(([, field]) => field);
  assert.deepEqual(fields(['dropout', 'nothing', 'lr']), ['dropout', 'lr', 'value']);
  assert.equal(fields(['nothing']).length, 7);
});

test('where means lead, the lines of the leading configuration stand out, not the best single run', () => {
  const runs = madeRuns(30);
  const ids = runs.slice(3, 5).map((run) => run.id);
  const picture = String(parallel(runs, { ...madeStudy(), axes: null, leader: { ids, mean: 2.5, n: 2 } }));
  const [, first = ''] = /<g[^>]*class="runs first"[^>]*>(.*?)<\/g>/s.exec(picture) ?? [];
  assert.deepEqual([...first.matchAll(/href="\/tasks\/([^"]+)"/g)].map(([, id]) => id).toSorted(), ids.toSorted());
  assert.match(picture, /leads has a mean \w+ of 2\.500 over 2 seeds/);
});
