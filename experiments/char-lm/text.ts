/** Most bytes of the slice; it ends at the last verse that fits. */
export const TEXT_BYTES_LIMIT = 1_100_000;

/** Share of the characters, from the start, that is trained on. */
export const TRAIN_FRACTION = 0.9;

export type Corpus = {
  /** The distinct characters of the whole text in order of code point; a token is an index into it. */
  vocabulary: string[];
  train: Int32Array;
  validation: Int32Array;
  /** Bytes of each vocabulary entry in UTF-8. */
  tokenBytes: Int32Array;
};

/**
 * The fixed text of the experiment: verses in the order of the file, from the first on, as many as
 * fit into `TEXT_BYTES_LIMIT` bytes of UTF-8. Of a verse, the paragraph marks (`#`) and the brackets
 * around added words are dropped, runs of white space become one space, the ends are trimmed, and a
 * newline is added. PyTorch's twin of this experiment cuts the same bytes.
 */
export function cutText(verses: Record<string, string>): string {
  const encoder = new TextEncoder();
  const lines: string[] = [];
  let bytes = 0;
  for (const verse of Object.values(verses)) {
    const line = `${verse.replace(/[#[\]]/g, "").replace(/[ \t\r\n]+/g, " ").trim()}\n`;
    bytes += encoder.encode(line).length;
    if (bytes > TEXT_BYTES_LIMIT) break;
    lines.push(line);
  }
  return lines.join("");
}

/** Splits by position and turns characters into tokens. */
export function corpusOf(text: string): Corpus {
  const characters = Array.from(text);
  const vocabulary = [...new Set(characters)].sort((a, b) => codePoint(a) - codePoint(b));
  const tokenOf = new Map(vocabulary.map((character, token) => [character, token]));
  const tokens = Int32Array.from(characters, (character) => tokenOf.get(character) ?? 0);
  const trainLength = Math.floor(tokens.length * TRAIN_FRACTION);
  const encoder = new TextEncoder();
  return {
    vocabulary,
    train: tokens.subarray(0, trainLength),
    validation: tokens.subarray(trainLength),
    tokenBytes: Int32Array.from(vocabulary, (character) => encoder.encode(character).length),
  };
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}
