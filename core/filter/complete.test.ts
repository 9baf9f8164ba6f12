import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseFilter } from '#core/filter.ts';
import { complete } from './complete.ts';
import type { Vocabulary } from './language.ts';

const CAMPAIGN: Vocabulary = {
  parameters: { lr: { type: 'log', low: 1e-4, high: 1e-2 }, n_layers: { type: 'choice', values: [2, 4, 6] }, number: { type: 'int', low: 1, high: 9 } },
  metric: 'val_bpb', metrics: ['steps'], known: { worker: ['lab-3', 'my machine'], error: ['timeout'] },
};

/** The options where `|` stands, and the text that the first of them makes. */
function at(marked: string, vocabulary: Vocabulary = CAMPAIGN): { options: string[]; first: string } {
  const text = marked.replace('|', '');
  const { from, until, options } = complete(text, marked.indexOf('|'), vocabulary);
  return { options: options.map((option) => option.text), first: `${text.slice(0, from)}${options[0]?.text ?? ''}${text.slice(until)}` };
}

test('names are proposed where a term begins', () => {
  assert.deepEqual(at('sta|').options, ['state:', 'started']);
  assert.equal(at('state:failed wor|').first, 'state:failed worker:');
  assert.equal(at('-wo|ker x').first, '-worker: x');
  assert.deepEqual(at('n_|').options, ['n_layers']);
  assert.deepEqual(at('val_|').options, ['val_bpb']);
  assert.deepEqual(at('config.n|').options, ['config.number']);
  assert.deepEqual(at('lr<1 and metr|').options, ['metrics.steps']);
  assert.equal(at('|').options[0], 'state:');
  assert.deepEqual(at('n_|', { parameters: null }).options, []);
});

test('then the ways to compare it', () => {
  assert.deepEqual(at('value|').options, ['value<', 'value<=', 'value>', 'value>=', 'value=', 'value!=']);
  assert.deepEqual(at('state |').options, [':', '!=']);
  assert.deepEqual(at('unheard_of |').options, []);
});

test('then the values that are known', () => {
  assert.deepEqual(at('state:|').options, ['pending', 'running', 'completed', 'failed', 'cancelled']);
  assert.equal(at('state:failed,c|').first, 'state:failed,completed');
  assert.equal(at('worker:my|').first, 'worker:"my machine"');
  assert.equal(at('worker:"my m|').first, 'worker:"my machine"');
  assert.deepEqual(at('n_layers=|').options, ['2', '4', '6']);
  assert.deepEqual(at('lr<|').options, ['0.0001', '0.01']);
  assert.deepEqual(at('finished<1|').options, ['10min', '1h', '1d', '1w']);
  assert.deepEqual(at('state:failed|').options, []);
  assert.deepEqual(at('worker:"lab-3"|').options, []);
});

test('whatever the text and the cursor, an option fits between its bounds', () => {
  const piece = fc.oneof(fc.constantFrom('state', ':', 'worker', '"', ',', ' ', '-', 'not ', 'and ', 'lr', '<', '\\', '🚀'), fc.string({ unit: 'binary' }));
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')), fc.nat(40), (text, cursor) => {
    const { from, until, options } = complete(text, cursor, CAMPAIGN);
    assert.ok(from <= until && until <= text.length && options.length <= 12);
    for (const option of options) parseFilter(`${text.slice(0, from)}${option.text}${text.slice(until)}`, CAMPAIGN);
  }), { numRuns: 1000 });
});
