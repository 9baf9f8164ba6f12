import type { Brief, BriefState } from '#core/brief.ts';
import { findBrief } from '#store/brief.ts';
import { listBriefWords, type BriefWords } from '#store/brief-words.ts';
import type { Reader } from '#store/seam.ts';

/** What is looked for; null and empty mean anything. Every word of `text` must stand in the title, the goal, the experiment or the id. */
export type BriefSearch = { state: BriefState | null; owner: string | null; text: string; sort: 'newest' | 'oldest'; from: string | null };

/** A page of what was found; `looked` tells how many briefs were read for it, and `next` where the search goes on. */
export type BriefsFound = { briefs: Brief[]; looked: number; next: string | null; isFull: boolean };

const WORDS_PER_READ = 500;
/** A search gives up here and says so: with rare words it would otherwise read every brief there is. */
const MOST_LOOKED = 2000;

/** Looks through briefs by age for those that match, until a page is full. */
export async function searchBriefs(reader: Reader, search: BriefSearch, perPage: number): Promise<BriefsFound> {
  const words = folded(search.text).split(/\s+/).filter((word) => word !== '');
  const isFree = words.length === 0 && search.owner === null;
  const found: string[] = [];
  let [looked, from, ended] = [0, search.from, false];
  while (found.length <= perPage && looked < MOST_LOOKED && !ended) {
    const limit = isFree ? perPage + 1 : WORDS_PER_READ;
    const read: BriefWords[] = await listBriefWords(reader, { limit, order: search.sort, from, state: search.state });
    ended = read.length < limit;
    for (const one of read) {
      looked += 1;
      from = one.id;
      if (matches(one, words, search.owner)) found.push(one.id);
      if (found.length > perPage) break;
    }
  }
  const isFull = found.length > perPage;
  const shown = found.slice(0, perPage);
  const briefs = (await Promise.all(shown.map((id) => findBrief(reader, id)))).filter((brief) => brief !== null);
  return { briefs, looked, isFull, next: isFull ? (shown.at(-1) ?? null) : ended ? null : from };
}

function matches(one: BriefWords, words: readonly string[], owner: string | null): boolean {
  if (owner !== null && one.ownerId !== owner) return false;
  if (words.length === 0) return true;
  const text = folded(`${one.title}\n${one.goal}\n${one.experiment}\n${one.id}`);
  return words.every((word) => text.includes(word));
}

/** A text without the difference of cases and of forms that look alike. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
