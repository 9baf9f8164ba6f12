import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { matches, NO_FILTER, parseFilter, printFilter } from './filter.ts';
import { LONGEST_FILTER, type Filter, type FilterContext, type FilteredTask, type Vocabulary } from './filter/language.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const DAY_MS = 86_400_000;

const TASK: FilteredTask = {
  id: 't1', familyId: 'f1', briefId: 'b1', number: 7, state: 'completed', config: { lr: 0.0005, n_layers: 4, optimizer: 'adam w', bias: true, seed_text: '4', number: 99 },
  seed: 42, priority: 0, attempt: 2, attemptsBefore: 0, workerId: 'w1', value: 2.9, metrics: { steps: 100, device: 'cpu', none: null }, error: null,
  createdAt: NOW - 3 * DAY_MS, startedAt: NOW - 2 * DAY_MS, finishedAt: NOW - 2 * DAY_MS + 90_000,
};
const CONTEXT: FilterContext = {
  now: NOW,
  workers: new Map([['w1', { name: 'lab-3' }]]),
  families: new Map([['f1', { name: 'A family', experiment: 'char-lm' }]]),
  briefs: new Map([['b1', { title: 'مرحبا 🚀' }]]),
};
const CAMPAIGN: Vocabulary = { parameters: { lr: { type: 'log', low: 1e-4, high: 1e-2 }, n_layers: { type: 'choice', values: [2, 4] }, number: { type: 'int', low: 1, high: 9 } }, metric: 'val_bpb' };

function filterOf(text: string, vocabulary?: Vocabulary): Filter {
  const parsed = parseFilter(text, vocabulary);
  assert.ok(parsed.ok, parsed.ok ? '' : `${text}: ${parsed.issue.message}`);
  return parsed.filter;
}

function issueOf(text: string, vocabulary?: Vocabulary): { at: number; wrong: string; message: string } {
  const parsed = parseFilter(text, vocabulary);
  assert.ok(!parsed.ok, text);
  const { at, from, until, message } = parsed.issue;
  return { at, wrong: text.slice(from, until), message };
}

describe('a filter lets a task pass', () => {
  const passing = [
    '', '  ', 'state:completed', 'state:failed,completed', 'state=completed and worker:lab-3', 'worker:w1', 'worker:nobody,lab-3', 'lr<0.001 n_layers=4 value<=2.9',
    'lr < 0.001  and  n_layers = 4', 'n_layers=2,4', 'optimizer:"adam w"', 'bias:true', 'bias!=false', 'seed_text=4', 'config.number=99 number=7', 'experiment:char-lm family:"A family" brief:"مرحبا 🚀"',
    'family:f1 brief:b1', 'seed=42 attempt>1 priority=0', 'duration=90 duration>1min duration<=90s duration<0.1h', 'finished<3d', 'finished>1d', 'finished>2026-11-17', 'finished=2026-11-18',
    'finished>=2026-11-18 finished<=2026-11-18', 'created<2026-11-18', 'started=2026-11-18T12:00', 'started>2026-11-18T11:59:59', 'metrics.steps>=100 metrics.device:cpu', '-state:failed', 'not state:failed,cancelled',
    '-momentum<1', 'momentum!=0.9', '-error:timeout', '-worker:lab-4',
  ];
  for (const text of passing) test(`of ${text === '' ? 'nothing' : text}`, () => assert.equal(matches(filterOf(text), TASK, CONTEXT), true));

  const failing = [
    'state:failed', '-state:completed', 'not state!=failed', 'worker:lab-4', 'lr>0.001', 'n_layers=3,5', 'optimizer:adam', 'bias:1', 'momentum<1', 'momentum>=1', 'momentum:x', 'value<2.9', 'duration>90',
    'finished<1d', 'finished>2026-11-18', 'finished<2026-11-18', 'metrics.none:null', 'error:timeout', 'number=99', 'optimizer<3',
  ];
  for (const text of failing) test(`but not of ${text}`, () => assert.equal(matches(filterOf(text), TASK, CONTEXT), false));

  test('that waits for another attempt only where its duration is not asked', () => {
    const waiting: FilteredTask = { ...TASK, state: 'pending', value: null, workerId: null };
    assert.equal(matches(filterOf('duration>0'), waiting, CONTEXT), false);
    assert.equal(matches(filterOf('duration=172800'), { ...TASK, state: 'running', finishedAt: null }, CONTEXT), true);
  });
});

describe('what is wrong with a filter', () => {
  const cases: [text: string, at: number, wrong: string, message: RegExp, vocabulary?: Vocabulary][] = [
    ['stat:failed', 1, 'stat', /not a field of tasks\. Did you mean state\?/],
    ['worker:a state:faild', 16, 'faild', /not a state\. Did you mean failed\?/],
    ['🚀', 1, '🚀', /begins with the name/],
    ['worker:"🚀" value<x', 18, 'x', /"x" is not a number/],
    ['lr', 1, 'lr', /write for example lr=4/],
    ['lr<', 4, '', /value is missing/],
    ['lr<,', 4, ',', /value is missing before ","/],
    ['lr<1,2', 5, ',', /takes one value/],
    ['state<failed', 6, '<', /compare it with : or !=/],
    ['worker:"lab 3', 8, '"lab 3', /never closed/],
    ['worker:lab"3"', 11, '"', /space or "and" is missing/],
    ['and state:failed', 1, 'and', /none before/],
    ['state:failed and', 14, 'and', /none after/],
    ['state:failed or state:running', 14, 'or', /no "or"/],
    ['(state:failed)', 1, '(', /no brackets/],
    ['- ', 2, ' ', /not with " "/],
    ['-', 2, '', /missing at the end/],
    ['not not state:failed', 5, 'not', /once/],
    ['finished=1h', 10, '1h', /younger/],
    ['finished<soon', 10, 'soon', /neither an age/],
    ['finished<2026-02-30', 10, '2026-02-30', /not a day/],
    ['duration>long', 10, 'long', /not a length of time/],
    ['optimizer<adam', 11, 'adam', /compares numbers/],
    ['lrr<1', 1, 'lrr', /Did you mean lr\?/, CAMPAIGN],
    ['width=1', 1, 'width', /Its parameters are lr, n_layers, number/, CAMPAIGN],
    ['config.state=1', 1, 'config.state', /not a parameter of this campaign/, CAMPAIGN],
    ['x'.repeat(LONGEST_FILTER + 3), LONGEST_FILTER + 1, 'xxx', /at most/],
  ];
  for (const [text, at, wrong, message, vocabulary] of cases) {
    test(`${text.slice(0, 30)} has its issue at ${at}`, () => {
      const issue = issueOf(text, vocabulary);
      assert.deepEqual([issue.at, issue.wrong], [at, wrong], issue.message);
      assert.match(issue.message, message);
    });
  }

  test('the metric of a campaign is another name of its values, and a parameter may be called like a field', () => {
    assert.deepEqual(filterOf('val_bpb<3', CAMPAIGN), filterOf('value<3'));
    assert.deepEqual(filterOf('config.number=3', CAMPAIGN).terms[0]?.field, { of: 'config', name: 'number' });
  });
});

describe('whatever the text', () => {
  const piece = fc.oneof(fc.constantFrom('state', 'failed', ':', '<', '<=', '!=', ',', '"', '\\', ' ', '-', 'not ', ' and ', 'lr', '0.1', '1e999', '1h', 'config.', 'value', '(', '🚀', '2026-11-01', '__proto__', 'constructor'), fc.string({ unit: 'binary' }));
  const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));

  test('it is a filter or has an issue inside it', () => {
    fc.assert(fc.property(text, fc.constantFrom(undefined, CAMPAIGN), (one, vocabulary) => {
      const parsed = parseFilter(one, vocabulary);
      if (parsed.ok) matches(parsed.filter, TASK, CONTEXT);
      else assert.ok(parsed.issue.from <= parsed.issue.until && parsed.issue.until <= one.length && parsed.issue.at <= [...one].length + 1 && parsed.issue.message.length < 600);
    }), { numRuns: 2000 });
  });

  test('what was read is read again from what is printed', () => {
    const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }).map(String), fc.string({ unit: 'binary', maxLength: 12 }).map((word) => JSON.stringify(word).slice(1, -1)).map((word) => `"${word}"`));
    const field = fc.constantFrom('worker', 'value', 'number', 'lr', 'config.state', 'config.and', 'config.stat', 'metrics.a/b', 'error', 'brief');
    const term = fc.tuple(fc.constantFrom('', '-', 'not '), field, fc.constantFrom(':', '=', '!=', '<', '>='), fc.array(value, { minLength: 1, maxLength: 3 }));
    let read = 0;
    fc.assert(fc.property(fc.array(term, { maxLength: 4 }), (terms) => {
      const parsed = parseFilter(terms.map(([not, name, operator, values]) => `${not}${name}${operator}${values.join(',')}`).join(' '));
      if (!parsed.ok) return;
      read += 1;
      assert.deepEqual(filterOf(printFilter(parsed.filter)), parsed.filter);
    }), { numRuns: 1000 });
    assert.ok(read > 50, `${read} of the texts were filters`);
    assert.equal(printFilter(NO_FILTER), '');
  });
});
