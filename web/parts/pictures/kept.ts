import type { Reader } from '#store/seam.ts';
import type { Fragment } from '#web/html.ts';

/** Answers with what was made of something's version, or has it made; see {@link createKept}. */
export type Kept<Value> = (reader: Reader, id: string, version: string | number, make: () => Promise<Value>) => Promise<Value>;

type Next<Value> = { version: string; make: () => Promise<Value>; value: Promise<Value> };
type Entry<Value> = { version: string; value: Promise<Value>; settled: boolean; weight: number; next: Next<Value> | null };
type Store<Value> = { entries: Map<string, Entry<Value>>; weight: number };

/**
 * Keeps what is costly to make, one per id, until its version changes; what was asked for longest ago is forgotten
 * first. However many ask and however fast the version changes, one is made at a time: who asks for a newer version
 * meanwhile shares the one that is made next, so that nobody is left with what is out of date.
 *
 * Each database has a store of its own, which goes when the database does.
 *
 * @param most the weight of everything that is kept together
 */
export function createKept<Value>(most: number, weigh: (value: Value) => number): Kept<Value> {
  const stores = new WeakMap<Reader, Store<Value>>();
  return (reader, id, version, make) => {
    const store = stores.get(reader) ?? { entries: new Map(), weight: 0 };
    stores.set(reader, store);
    const key = String(version);
    const found = store.entries.get(id);
    if (found === undefined) return begin(store, id, key, make);
    store.entries.delete(id);
    store.entries.set(id, found);
    if (found.version === key) return found.value;
    return found.settled ? begin(store, id, key, make) : follow(store, id, found, key, make);
  };

  function begin(store: Store<Value>, id: string, version: string, make: () => Promise<Value>): Promise<Value> {
    forget(store, id);
    const entry: Entry<Value> = { version, value: make(), settled: false, weight: 0, next: null };
    store.entries.set(id, entry);
    entry.value.then(
      (value) => {
        entry.settled = true;
        if (store.entries.get(id) !== entry) return;
        entry.weight = weigh(value);
        store.weight += entry.weight;
        for (const oldest of store.entries.keys()) {
          if (store.weight <= most) break;
          forget(store, oldest);
        }
      },
      // What failed is not kept: the next request tries again, and this one's caller hears of it.
      () => {
        entry.settled = true;
        if (store.entries.get(id) === entry) forget(store, id);
      },
    );
    return entry.value;
  }

  function follow(store: Store<Value>, id: string, entry: Entry<Value>, version: string, make: () => Promise<Value>): Promise<Value> {
    if (entry.next !== null) {
      Object.assign(entry.next, { version, make });
      return entry.next.value;
    }
    const next: Next<Value> = { version, make, value: entry.value };
    next.value = entry.value.then(ignore, ignore).then(() => begin(store, id, next.version, next.make));
    entry.next = next;
    return next.value;
  }
}

/** Characters of pictures that are kept; a picture has at most 150,000. */
const MOST_CHARACTERS = 16_000_000;

/** Pictures, each drawn once per version of what it shows, however many look at it. */
export const keptPicture = createKept<Fragment>(MOST_CHARACTERS, (fragment) => fragment.length);

function forget<Value>(store: Store<Value>, id: string): void {
  store.weight -= store.entries.get(id)?.weight ?? 0;
  store.entries.delete(id);
}

/** Whether the one before succeeded is for those to hear who asked for it. */
function ignore(): void {}
