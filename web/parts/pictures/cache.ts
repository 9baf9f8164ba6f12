import type { Fragment } from '#web/html.ts';
import type { Reader } from '#store/seam.ts';

/** Characters of pictures that are kept; a picture has at most 150,000. */
const MOST_CHARACTERS = 16_000_000;

type Kept = { key: string; fragment: Promise<Fragment>; characters: number };
type Cache = { pictures: Map<string, Kept>; characters: number };

/** One cache per database, which goes when the database does. */
const caches = new WeakMap<Reader, Cache>();

/**
 * A picture that is drawn once per state of what it shows, however many look at it. The one that was asked for longest
 * ago is forgotten first.
 *
 * @param reader the database it is drawn from
 * @param id what is shown, e.g. `history:FAMILY`
 * @param version changes whenever the picture would
 */
export function cachedPicture(reader: Reader, id: string, version: string | number, draw: () => Promise<Fragment>): Promise<Fragment> {
  const cache = caches.get(reader) ?? { pictures: new Map(), characters: 0 };
  caches.set(reader, cache);
  const { pictures } = cache;
  const key = String(version);
  const found = pictures.get(id);
  if (found?.key === key) {
    pictures.delete(id);
    pictures.set(id, found);
    return found.fragment;
  }
  forget(cache, id);
  const kept: Kept = { key, fragment: draw(), characters: 0 };
  pictures.set(id, kept);
  kept.fragment.then(
    (fragment) => {
      if (pictures.get(id) !== kept) return;
      kept.characters = fragment.length;
      cache.characters += fragment.length;
      for (const oldest of pictures.keys()) {
        if (cache.characters <= MOST_CHARACTERS) break;
        forget(cache, oldest);
      }
    },
    // A picture that failed is not kept: the next request tries again, and this one's caller hears of it.
    () => (pictures.get(id) === kept ? forget(cache, id) : undefined),
  );
  return kept.fragment;
}

function forget(cache: Cache, id: string): void {
  cache.characters -= cache.pictures.get(id)?.characters ?? 0;
  cache.pictures.delete(id);
}
