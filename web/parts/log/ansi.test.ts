import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAnsi, plainLine } from './ansi.ts';
import { logLines, spansOf } from './log-lines.ts';

const ESC = '\u001b';
const texts = (line: string) => parseAnsi(line).map(({ text, style }) => [text, style]);

test('colours and marks become classes, and end where the program ends them', () => {
  assert.deepEqual(texts(`a${ESC}[1;31mred${ESC}[22m thin${ESC}[0m b`), [['a', ''], ['red', 'sb f1'], [' thin', 'f1'], [' b', '']]);
  assert.deepEqual(texts(`${ESC}[94;103mx${ESC}[39my${ESC}[49mz`), [['x', 'f12 g11'], ['y', 'g11'], ['z', '']]);
  assert.deepEqual(texts(`${ESC}[2;3;4;9;7mx${ESC}[m.`), [['x', 'sd si su ss sv'], ['.', '']]);
  assert.deepEqual(texts(`${ESC}[4:3mcurly${ESC}[4:0m.`), [['curly', 'su'], ['.', '']]);
});

test('finer colours become the nearest of the sixteen', () => {
  for (const [codes, style] of [
    ['38;5;9', 'f9'], ['38;5;196', 'f9'], ['38;5;21', 'f4'], ['38;5;232', 'f0'], ['38;5;255', 'f7'], ['48;5;46', 'g10'],
    ['38;2;250;10;5', 'f9'], ['38:2::0:250:250', 'f14'], ['38:2:0:250:250', 'f14'], ['38:5:3', 'f3'], ['38;2;1;2;3;1', 'sb f0'], ['48;2;0;0;0;38;5;2', 'f2 g0'],
    ['38;5;999', ''], ['38;2;1;2', ''], ['38;7', ''], ['38', ''], ['?31', ''], ['99999', ''],
  ] as const) assert.deepEqual(texts(`${ESC}[${codes}mx`), [['x', style]], codes);
});

test('every other sequence is left out, and none that does not end hides what comes after it', () => {
  for (const [line, text] of [
    [`${ESC}[2J${ESC}[1;1Hclear`, 'clear'],
    [`${ESC}]0;title\u0007shown`, 'shown'],
    [`${ESC}]8;;https://example.org${ESC}\\link${ESC}]8;;${ESC}\\ after`, 'link after'],
    [`${ESC}Pdevice${ESC}\\x${ESC}_application${ESC}\\y`, 'xy'],
    [`${ESC}]0;never ends`, '0;never ends'],
    [`${ESC}[`, ''], [`${ESC}`, ''], [`${ESC}[31`, ''], [`\u009b32mgreen`, 'green'], [`${ESC}(B.${ESC}c.${ESC}=.`, '...'],
    [`bell\u0007 back\bspace \u0000 tab\there`, 'bell backspace  tab\there'],
    [`${ESC}[8mconcealed`, 'concealed'],
  ] as const) assert.deepEqual([parseAnsi(line).map((span) => span.text).join(''), plainLine(line)], [text, text], JSON.stringify(line));
});

const hostile = fc.string({ unit: fc.oneof(fc.constantFrom(ESC, '[', ']', ';', ':', '3', '1', 'm', '\u009b', '\u0090', '\u0007', '\\', '<', '>', '"', "'", '&', ' '), fc.string({ minLength: 1, maxLength: 1, unit: 'binary' })), maxLength: 60 });

test('whatever a program writes, the text has no control character, the classes are ours, and nothing is markup', () => {
  fc.assert(
    fc.property(hostile, fc.constantFrom('', '<', 'm', ' "'), (line, search) => {
      const spans = parseAnsi(line);
      const text = spans.map((span) => span.text).join('');
      // oxlint-disable-next-line no-control-regex -- the control characters are exactly what is looked for
      assert.doesNotMatch(text, /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/);
      assert.equal(text, plainLine(line));
      for (const span of spans) assert.match(span.style, /^((s[bdisuv]+|[fg]\d{1,2})( |$))*$/);
      const shown = spansOf({ text: line }, search);
      assert.equal(shown.map((span) => span.text).join(''), text);
      const markup = String(logLines({ taskId: 't', attempt: 1 }, [{ number: 1, text: line, cut: false }], { search, target: null }));
      const bare = markup.replaceAll(/<\/?(ol|li|a|span|mark)( (class|id|href)="[^"<>]*")*>/g, '');
      assert.doesNotMatch(bare, /[<>"]/);
    }),
    { numRuns: 2000 },
  );
});

test('what is searched is marked, also where the colour changes within it', () => {
  const shown = spansOf({ text: `an ${ESC}[31merr${ESC}[0mor, an ERROR` }, 'Error');
  assert.deepEqual(shown.map(({ text, style, isMatch }) => [text, style, isMatch]), [['an ', '', false], ['err', 'f1', true], ['or', '', true], [', an ', '', false], ['ERROR', '', true]]);
});
