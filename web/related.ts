import type { Brief, Family } from '#core/brief.ts';
import type { Worker } from '#core/worker.ts';
import { findBrief } from '#store/brief.ts';
import { findFamily } from '#store/family.ts';
import type { Reader } from '#store/seam.ts';
import { findWorker } from '#store/worker.ts';

/** The briefs that a page's rows belong to, by id. */
export async function readBriefs(reader: Reader, ids: readonly (string | null)[]): Promise<ReadonlyMap<string, Brief>> {
  return readEach(ids.filter((id) => id !== null), (id) => findBrief(reader, id));
}

/** The families that a page's rows belong to, by id. */
export async function readFamilies(reader: Reader, ids: readonly string[]): Promise<ReadonlyMap<string, Family>> {
  return readEach(ids, (id) => findFamily(reader, id));
}

/** The workers that a page's rows name, by id, removed ones too. */
export async function readWorkers(reader: Reader, ids: readonly (string | null)[]): Promise<ReadonlyMap<string, Worker>> {
  return readEach(ids.filter((id) => id !== null), (id) => findWorker(reader, id));
}

async function readEach<T>(ids: readonly string[], read: (id: string) => Promise<T | null>): Promise<ReadonlyMap<string, T>> {
  const distinct = [...new Set(ids)];
  const found = await Promise.all(distinct.map(read));
  return new Map(distinct.flatMap((id, index): [string, T][] => {
    const one = found[index];
    return one === null || one === undefined ? [] : [[id, one]];
  }));
}
