import { html, type Content, type Fragment } from '#web/html.ts';
import { duration, measured, measuredText } from '#web/parts/number.ts';
import type { ComparedColumn, Standing } from './columns.ts';

/** What the values say, in a sentence for each kind of run, and why the kinds are not ranked against each other. */
export function saidOf(columns: readonly ComparedColumn[], ranked: readonly (Standing | null)[]): Fragment {
  const kinds = [...new Set(columns.map((column) => column.kind))];
  const sentences = kinds.map((kind) => leading(columns.filter((column) => column.kind === kind), columns, ranked, kinds.length > 1));
  return html`${sentences.map((sentence) => html`<p class="said">${sentence}</p>`)}${kinds.length > 1 ? unlike(columns, kinds) : null}${cautions(columns)}`;
}

function leading(kind: readonly ComparedColumn[], columns: readonly ComparedColumn[], ranked: readonly (Standing | null)[], named: boolean): Content {
  const standing = (column: ComparedColumn) => ranked[columns.indexOf(column)] ?? null;
  const best = kind.find((column) => standing(column)?.isBest === true);
  const among = named && kind.length > 1 ? ` among ${lettersOf(kind)}` : '';
  if (best === undefined) return `${lettersOf(kind)}: no value yet.`;
  const { summary } = best.group;
  const value = html`${best.first.family.metric.name} <span class="big">${measured(summary.mean)}</span>${summary.sd === null ? ' (one run)' : html` ± ${measured(summary.sd)} (sd of ${summary.n} runs)`}`;
  const others = kind.filter((column) => column !== best && standing(column) !== null);
  if (others.length === 0) return html`${best.letter} has ${value}${kind.length > 1 ? '; nothing else has a value yet' : ''}.`;
  const tied = others.filter((column) => standing(column)?.isTie === true);
  const unknown = others.filter((column) => standing(column)?.margin === null && !tied.includes(column));
  const notes = [
    tied.length === 0 ? '' : `${lettersOf(tied)} ${tied.length === 1 ? 'is' : 'are'} tied with it: the difference is within the noise`,
    unknown.length === 0 ? '' : `how much of its lead over ${lettersOf(unknown)} is noise is not known, since no configuration ran with two seeds`,
  ].filter((note) => note !== '');
  return html`<strong>${best.letter}</strong> is the best${among} with ${value}${notes.length === 0 ? ', ahead of every other by more than the noise' : `; ${notes.join('; ')}`}.`;
}

function unlike(columns: readonly ComparedColumn[], kinds: readonly number[]): Fragment {
  const lines = kinds.map((kind) => {
    const members = columns.filter((column) => column.kind === kind);
    const [first] = members;
    if (first === undefined) return null;
    const { family, task } = first.first;
    const way = family.metric.direction === 'minimize' ? 'lower' : 'higher';
    return html`<li><strong>${lettersOf(members)}</strong>: ${family.experiment}, ${family.metric.name} (${way} is better) after ${duration(task.timeBudgetSeconds * 1000)}${first.hardware === '' ? null : ` on ${first.hardware}`}</li>`;
  });
  return html`<div class="notice warn"><p>Not all of these are ranked against each other, since something other than the configuration made their values differ:</p><ul>${lines}</ul></div>`;
}

/** What may explain a difference although it does not forbid to rank. */
function cautions(columns: readonly ComparedColumn[]): Content {
  const several = (texts: readonly string[]) => [...new Set(texts)];
  const members = columns.flatMap((column) => column.members);
  const processors = several(members.flatMap(({ worker }) => (worker === null ? [] : [worker.hardware.cpuModel])));
  const experiments = Map.groupBy(members, ({ family }) => family.experiment);
  const versions = [...experiments].filter(([, runs]) => several(runs.map(({ family }) => family.packageSha256)).length > 1).map(([name]) => name);
  const notes = [
    processors.length > 1 ? `They ran on ${processors.length} kinds of processor, and a faster one trains longer in the same time.` : '',
    versions.length > 0 ? `They ran different versions of the script of ${versions.join(', ')}.` : '',
  ].filter((note) => note !== '');
  return notes.length === 0 ? null : html`<p class="fine">${notes.join(' ')}</p>`;
}

function lettersOf(columns: readonly ComparedColumn[]): string {
  const letters = columns.map((column) => column.letter);
  return letters.length < 2 ? letters.join('') : `${letters.slice(0, -1).join(', ')} and ${letters.at(-1)}`;
}

/** A difference from the best, what of it may be noise, and what that means in words. */
export function differenceText(standing: Standing | null): Content {
  if (standing === null) return measured(null);
  if (standing.isBest) return html`<strong>best</strong>`;
  const { by, margin, isTie } = standing;
  const noise = margin === null ? html`<small>noise not known</small>` : html`<small>noise up to ${measuredText(margin)}</small>`;
  return html`<data value="${by}" title="${by}">${by > 0 ? '+' : ''}${measuredText(by)}</data>${isTie ? html` <small>a tie</small>` : null}${noise}`;
}
