/** A stretch of a line in one style. `style` is a list of the classes of `styles/logs.css`, empty for plain text. */
export type Span = { text: string; style: string };

type Pen = { fore: number | null; back: number | null; bold: boolean; dim: boolean; italic: boolean; underline: boolean; strike: boolean; inverse: boolean };
type Colour = readonly [red: number, green: number, blue: number];

const PLAIN: Pen = { fore: null, back: null, bold: false, dim: false, italic: false, underline: false, strike: false, inverse: false };

/** The 16 colours of a terminal, as xterm has them: what a finer colour is nearest to is told by these. */
const PALETTE: readonly Colour[] = [
  [0, 0, 0], [205, 0, 0], [0, 205, 0], [205, 205, 0], [0, 0, 238], [205, 0, 205], [0, 205, 205], [229, 229, 229],
  [127, 127, 127], [255, 0, 0], [0, 255, 0], [255, 255, 0], [92, 92, 255], [255, 0, 255], [0, 255, 255], [255, 255, 255],
];
/** The levels of a colour in the 6 × 6 × 6 cube of xterm's 256 colours. */
const CUBE = [0, 95, 135, 175, 215, 255] as const;

/**
 * Escape sequences of ECMA-48, and control characters: CSI with its parameters, then the strings (OSC, DCS, SOS, PM, APC)
 * with their end, then other escapes of two or three characters. A string that does not end within its line is no
 * string: only its introducer goes, so that nothing is hidden. The bounds keep the search linear.
 */
const CONTROL =
  // oxlint-disable-next-line no-control-regex -- the control characters are exactly what is looked for
  /(?:\u001b\[|\u009b)([\u0030-\u003f]{0,100})[\u0020-\u002f]{0,8}([\u0040-\u007e])?|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])(?:[^\u0007\u001b\u0090\u0098\u009c-\u009f]{0,2000}(?:\u0007|\u001b\\|\u009c))?|\u001b[\u0020-\u002f]{0,3}[\u0030-\u007e]?|[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;

const SELECT_GRAPHIC_RENDITION = 'm';

/**
 * A line of a program's output as stretches of plain text with the style that its SGR sequences ask for; every other
 * escape sequence and control character is left out. A line begins plain, whatever came before it, so that it looks the
 * same wherever reading began. Concealed text is shown.
 */
export function parseAnsi(line: string): Span[] {
  const spans: Span[] = [];
  let pen = PLAIN;
  let from = 0;
  const add = (text: string): void => {
    if (text === '') return;
    const style = styleOf(pen);
    const last = spans.at(-1);
    if (last?.style === style) last.text += text;
    else spans.push({ text, style });
  };
  for (const match of line.matchAll(CONTROL)) {
    add(line.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === SELECT_GRAPHIC_RENDITION) pen = withRendition(pen, match[1] ?? '');
  }
  add(line.slice(from));
  return spans;
}

/** A line's text alone. */
export function plainLine(line: string): string {
  return line.replaceAll(CONTROL, '');
}

function withRendition(pen: Pen, parameters: string): Pen {
  const parts = parameters.split(';').map((part) => part.split(':').map((code) => (/^\d{0,4}$/.test(code) ? Number(code) : -1)));
  let next = pen;
  for (let at = 0; at < parts.length; at += 1) {
    const [code = 0, ...details] = parts[at] ?? [];
    if (code === 38 || code === 48) {
      const within = details.length > 0;
      const { colour, taken } = within ? readColour(details, details.length >= 5 ? 2 : 1) : readColour(parts.slice(at + 1).map(([first = 0]) => first), 1);
      if (colour !== null) next = { ...next, [code === 38 ? 'fore' : 'back']: colour };
      at += within ? 0 : taken;
    } else next = withCode(next, code === 4 && details[0] === 0 ? 24 : code);
  }
  return next;
}

function withCode(pen: Pen, code: number): Pen {
  if (code >= 30 && code <= 37) return { ...pen, fore: code - 30 };
  if (code >= 90 && code <= 97) return { ...pen, fore: code - 82 };
  if (code >= 40 && code <= 47) return { ...pen, back: code - 40 };
  if (code >= 100 && code <= 107) return { ...pen, back: code - 92 };
  switch (code) {
    case 0: return PLAIN;
    case 1: return { ...pen, bold: true };
    case 2: return { ...pen, dim: true };
    case 3: return { ...pen, italic: true };
    case 4: case 21: return { ...pen, underline: true };
    case 7: return { ...pen, inverse: true };
    case 9: return { ...pen, strike: true };
    case 22: return { ...pen, bold: false, dim: false };
    case 23: return { ...pen, italic: false };
    case 24: return { ...pen, underline: false };
    case 27: return { ...pen, inverse: false };
    case 29: return { ...pen, strike: false };
    case 39: return { ...pen, fore: null };
    case 49: return { ...pen, back: null };
    default: return pen;
  }
}

/** `5;n` of xterm's 256 colours, or `2;r;g;b`; with colons the latter may have a colour space before it, as in `2::r:g:b`. */
function readColour(codes: readonly number[], first: 1 | 2): { colour: number | null; taken: number } {
  if (codes[0] === 5) return { colour: fromIndex(codes[1] ?? -1), taken: 2 };
  if (codes[0] !== 2) return { colour: null, taken: 1 };
  const [red = -1, green = -1, blue = -1] = codes.slice(first, first + 3);
  const valid = [red, green, blue].every((one) => one >= 0 && one <= 255);
  return { colour: valid ? nearest([red, green, blue]) : null, taken: first + 3 };
}

function fromIndex(index: number): number | null {
  if (index < 0 || index > 255) return null;
  if (index < 16) return index;
  if (index >= 232) return nearest([8 + 10 * (index - 232), 8 + 10 * (index - 232), 8 + 10 * (index - 232)]);
  const level = (place: number): number => CUBE[Math.floor((index - 16) / place) % 6] ?? 0;
  return nearest([level(36), level(6), level(1)]);
}

function nearest(colour: Colour): number {
  const distances = PALETTE.map((one) => one.reduce((sum, part, index) => sum + (part - (colour[index] ?? 0)) ** 2, 0));
  return distances.indexOf(Math.min(...distances));
}

function styleOf(pen: Pen): string {
  if (pen === PLAIN) return '';
  const marks = [pen.bold ? 'sb' : '', pen.dim ? 'sd' : '', pen.italic ? 'si' : '', pen.underline ? 'su' : '', pen.strike ? 'ss' : '', pen.inverse ? 'sv' : ''];
  return [...marks, pen.fore === null ? '' : `f${pen.fore}`, pen.back === null ? '' : `g${pen.back}`].filter((mark) => mark !== '').join(' ');
}
