import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A fenced block: the words after its fence, and its text. */
export type Block = { info: string; text: string };

/** A Markdown file taken apart. `prose` is the text without its fenced blocks, `codes` what stands between backticks in it. */
export type Document = { file: string; text: string; prose: string; codes: string[]; blocks: Block[] };

/** The clone. */
export const CLONE = dirname(dirname(import.meta.dirname));

/** Everything that is written for people, in one order on every system. */
export const DOCUMENTS: Document[] = globSync(['*.md', 'docs/**/*.md', 'decisions/*.md'], { cwd: CLONE })
  .map((file) => file.replaceAll('\\', '/'))
  .toSorted()
  .map(readDocument);

/** The document with this path; throws where there is none. */
export function documentOf(file: string): Document {
  const found = DOCUMENTS.find((one) => one.file === file);
  if (found === undefined) throw new Error(`there is no ${file}`);
  return found;
}

/** The rows of all tables below a heading of a document (of all its tables without one), without their heads; code loses its backticks. */
export function rowsOf(document: Document, heading?: string): string[][] {
  const lines = (heading === undefined ? document.prose : sectionOf(document, heading)).split('\n').map((line) => line.trim());
  return lines.flatMap((line, index) => {
    const isRow = line.startsWith('|') && !isRule(line) && !isRule(lines[index + 1] ?? '');
    return isRow ? [line.slice(1, -1).split('|').map((cell) => cell.trim().replaceAll('`', ''))] : [];
  });
}

/** The text below a heading, up to the next one of the same rank. */
export function sectionOf(document: Document, heading: string): string {
  const sections = `\n${document.text}`.split('\n## ').slice(1);
  const found = sections.find((section) => section.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`${document.file} has no section "${heading}"`);
  return found.slice(heading.length);
}

/** The names by which a document's headings can be linked to, as code hosts make them. */
export function anchorsOf(document: Document): string[] {
  const headings = document.prose.split('\n').flatMap((line) => /^#+ (.*)$/.exec(line)?.[1] ?? []);
  return headings.map((heading) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-'));
}

/** The command lines of a document: the lines of its shell blocks, and inline code. */
export function commandsOf(document: Document): string[] {
  const shell = document.blocks.filter(({ info }) => info === 'sh' || info === 'ini').flatMap(({ text }) => text.split('\n'));
  return [...shell.map((line) => line.trim()), ...document.codes];
}

function readDocument(file: string): Document {
  const text = readFileSync(join(CLONE, file), 'utf8');
  const blocks: Block[] = [];
  const prose = text.replaceAll(/^( *)```([^\n]*)\n(.*?)^ *```$/gms, (_whole, indent: string, info: string, content: string) => {
    const lines = content.split('\n').map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    blocks.push({ info: info.trim(), text: lines.join('\n') });
    return '';
  });
  return { file, text, prose, blocks, codes: [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code) };
}

function isRule(line: string): boolean {
  return /^\|[\s|:-]+\|$/.test(line) && line.includes('-');
}
