import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, stringify, type Document, type Node } from 'yaml';
import type { Brief, BriefRequest } from '#core/brief.ts';
import type { FieldIssue } from '#core/errors.ts';
import type { Experiment } from '#core/experiment.ts';
import { briefInput, fromBrief, toBriefRequest } from './brief.ts';
import { issuesOf } from './problem.ts';

/** An issue with the line of the file that it is about; line 1 where none says more. */
export type LineIssue = FieldIssue & { line: number };

/** A brief as a file gives it, or what is wrong and where; `locate` finds the line of a field's path. */
export type BriefFile = { request: BriefRequest | null; issues: LineIssue[]; locate: (path: string) => number };

/** Characters of a file; a brief with every parameter narrowed has a few thousand. */
export const MOST_FILE_CHARACTERS = 200_000;
/** A file names a thing again at most this often: more is a trick to make a small file large. */
const MOST_ALIASES = 20;

/**
 * A brief as the YAML file that `xeenet brief run FILE` takes. What the brief left as the experiment has it is left out,
 * so that the file says what was asked for.
 *
 * @param experiment as the brief ran it
 */
export function writeBriefFile(brief: Brief, experiment: Experiment): string {
  const wire = fromBrief(brief);
  const own = fromBrief({ ...brief, space: experiment.space });
  const space = Object.entries(wire.space).filter(([name, parameter]) => JSON.stringify(parameter) !== JSON.stringify(own.space[name]));
  const constraints = wire.constraints.filter((text) => !own.constraints.includes(text));
  const file = {
    title: wire.title,
    ...(wire.goal === '' ? {} : { goal: wire.goal }),
    experiment: wire.experiment,
    strategy: wire.strategy,
    ...(space.length === 0 ? {} : { space: Object.fromEntries(space) }),
    ...(constraints.length === 0 ? {} : { constraints }),
    num_tasks: wire.num_tasks,
    replicates: wire.replicates,
    time_budget_seconds: wire.time_budget_seconds,
    budget_credits: wire.budget_credits,
    hardware_profile: wire.hardware_profile,
    requires: wire.requires,
    ...(wire.priority === 0 ? {} : { priority: wire.priority }),
    ...(wire.verification === null ? {} : { verification: wire.verification }),
  };
  return `# Run it with: xeenet brief run FILE\n${stringify(file, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

/** Reads such a file: whatever it holds, the answer is a request or issues in words, at lines. */
export function readBriefFile(text: string): BriefFile {
  const lines = new LineCounter();
  const refused = (issues: LineIssue[]): BriefFile => ({ request: null, issues, locate: () => 1 });
  if (text.trim() === '') return refused([{ line: 1, path: '', message: 'the file is empty' }]);
  if (text.length > MOST_FILE_CHARACTERS) return refused([{ line: 1, path: '', message: `the file has more than ${MOST_FILE_CHARACTERS} characters` }]);
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
    if (document.errors.length > 0) return refused(document.errors.slice(0, 5).map((error) => ({ line: lines.linePos(error.pos[0]).line, path: '', message: sentence(error.message) })));
    const content: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    const locate = (path: string) => lineOf(document, lines, path);
    if (typeof content !== 'object' || content === null || Array.isArray(content)) return refused([{ line: 1, path: '', message: 'a brief is a list of names and values, such as "title: …"' }]);
    const parsed = briefInput.safeParse(content);
    if (!parsed.success) return { request: null, issues: issuesOf(parsed.error).map((issue) => ({ ...issue, line: locate(issue.path) })), locate };
    return { request: toBriefRequest(parsed.data), issues: [], locate };
  } catch (error) {
    // What nests too deeply or repeats itself without end ends here.
    return refused([{ line: 1, path: '', message: error instanceof RangeError ? 'the file is nested too deeply' : error instanceof ReferenceError ? 'the file repeats parts of itself too often' : 'the file cannot be read as YAML' }]);
  }
}

/** The line of the last part of a path that the file has. */
function lineOf(document: Document, lines: LineCounter, path: string): number {
  let node: unknown = document.contents;
  let line = 1;
  for (const part of path.split('.')) {
    const [place, next] = step(node, part);
    if (place?.range === undefined || place.range === null) return line;
    line = lines.linePos(place.range[0]).line;
    node = next;
  }
  return line;
}

function step(node: unknown, part: string): [place: Node | null, next: unknown] {
  if (isSeq(node)) {
    const item = node.items[Number(part)] as Node | undefined;
    return [item ?? null, item];
  }
  if (!isMap(node)) return [null, null];
  const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === part);
  return pair === undefined ? [null, null] : [pair.key as Node, pair.value];
}

function sentence(message: string): string {
  const short = message.split('\n')[0] ?? '';
  return short.charAt(0).toLowerCase() + short.slice(1);
}
