import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#core/random.ts';
import { FEWEST_TRIED, gainsOf, tailOf, type Tail } from './prospect.ts';

/** Losses as a random search finds them: a bowl in some dimensions, so that the best ones thin out as they would there. */
function bowl(random: () => number, dimensions: number, count: number): number[] {
  return Array.from({ length: count }, () => {
    let loss = 0;
    for (let dimension = 0; dimension < dimensions; dimension += 1) loss += (random() - 0.4) ** 2;
    return loss;
  });
}

test('what further tasks gain lies in the 80 % interval about as often, in random search over few and many dimensions', () => {
  const COUNTS = [10, 50];
  const CAMPAIGNS = 80;
  for (const [dimensions, before] of [[2, 60], [5, 100]] as const) {
    const random = seededRandom(dimensions);
    const covered = COUNTS.map(() => 0);
    const gained = COUNTS.map(() => ({ any: 0, chance: 0 }));
    for (let campaign = 0; campaign < CAMPAIGNS; campaign += 1) {
      const losses = bowl(random, dimensions, before + 50);
      const tail = whole(tailOf(losses.slice(0, before), false));
      gainsOf(tail, COUNTS).forEach(({ low, high, chance }, index) => {
        const gain = Math.max(0, tail.best - Math.min(...losses.slice(before, before + (COUNTS[index] ?? 0))));
        if (gain >= low && gain <= high) covered[index] = (covered[index] ?? 0) + 1;
        const sum = gained[index] ?? { any: 0, chance: 0 };
        gained[index] = { any: sum.any + (gain > 0 ? 1 : 0), chance: sum.chance + chance };
      });
    }
    // Where no gain is likelier than 80 % it alone is the interval, so that the shares are 0.8 or a little more.
    for (const [index, times] of covered.entries()) {
      const share = times / CAMPAIGNS;
      assert.ok(share >= 0.8 - 0.11 && share <= 0.97, `${dimensions} dimensions, ${COUNTS[index]} more: ${share}`);
    }
    for (const { any, chance } of gained) assert.ok(Math.abs(any - chance) / CAMPAIGNS < 0.15, `${any} gained, ${chance} expected`);
  }
});

test('more tasks gain more, a gain is never less than none, and no more than there is room for', () => {
  const tail = whole(tailOf(bowl(seededRandom(3), 3, 90), false));
  const gains = gainsOf(tail, [1, 10, 100, 1000]);
  for (const [index, gain] of gains.entries()) {
    assert.ok(0 <= gain.low && gain.low <= gain.high && gain.mean >= 0 && gain.chance > 0 && gain.chance < 1);
    const before = gains[index - 1];
    assert.ok(before === undefined || (gain.mean > before.mean && gain.high >= before.high && gain.chance > before.chance));
  }
  assert.equal(gains[1]?.chance.toFixed(3), (10 / 100).toFixed(3), 'the best of 100 alike is among the last 10 of them once in ten');
  for (const gain of gainsOf({ ...tail, room: 1e-6 }, [1000])) assert.ok(gain.high <= 1e-6 && gain.mean <= 1e-6);
});

test('the scale and unit of losses make no difference, also at the ends of what doubles hold', () => {
  const losses = bowl(seededRandom(4), 3, 60);
  const [plain] = gainsOf(whole(tailOf(losses, true)), [50]);
  for (const scale of [1e-12, 1e6, 1e290]) {
    const [gain] = gainsOf(whole(tailOf(losses.map((loss) => loss * scale), true)), [50]);
    assert.ok(Math.abs((gain?.mean ?? 0) / scale / (plain?.mean ?? 1) - 1) < 1e-6);
  }
});

test('with too few losses, or with nothing that tells the best apart, nothing is foretold', () => {
  assert.equal(tailOf(bowl(seededRandom(5), 2, FEWEST_TRIED - 1), false), null);
  assert.equal(tailOf(Array<number>(50).fill(2), false), null);
  assert.equal(tailOf([1e308, ...Array<number>(30).fill(-1e308)], false), null);
  assert.ok(tailOf([...Array<number>(30).fill(2), ...bowl(seededRandom(6), 2, 20)], false) !== null);
});

function whole(tail: Tail | null): Tail {
  assert.ok(tail !== null);
  return tail;
}
