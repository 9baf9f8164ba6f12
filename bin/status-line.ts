import type { WriteStream } from 'node:tty';

/** Terminal output with one line at the bottom that changes in place; where no terminal is, a line per change. */
export type StatusLine = { print(line: string): void; show(line: string): void; end(): void };

const CLEAR_LINE = '\r\u001b[2K';

export function createStatusLine(stream: Pick<WriteStream, 'write' | 'isTTY' | 'columns'>): StatusLine {
  let shown = '';
  return {
    print(line) {
      stream.write(stream.isTTY && shown !== '' ? `${CLEAR_LINE}${line}\n${shown}` : `${line}\n`);
    },
    show(line) {
      if (line === shown) return;
      // A line longer than the terminal would wrap and could not be cleared.
      shown = stream.isTTY ? line.slice(0, Math.max(10, (stream.columns ?? 80) - 1)) : line;
      stream.write(stream.isTTY ? `${CLEAR_LINE}${shown}` : `${shown}\n`);
    },
    end() {
      if (stream.isTTY && shown !== '') stream.write('\n');
      shown = '';
    },
  };
}
