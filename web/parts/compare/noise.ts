import { pooledNoise, type Noise } from '#core/stats/noise.ts';
import type { Reader } from '#store/seam.ts';
import { readStanding } from '#web/parts/standing.ts';
import type { ComparedColumn } from './columns.ts';

/**
 * What is known of the noise of each kind of columns: of one family all its configurations tell it, as on the page of
 * its brief; otherwise only those that are compared.
 */
export function readNoises(reader: Reader, columns: readonly ComparedColumn[]): Promise<(Noise | null)[]> {
  const kinds = [...new Set(columns.map((column) => column.kind))];
  return Promise.all(
    kinds.map(async (kind) => {
      const members = columns.filter((column) => column.kind === kind);
      const families = new Map(members.flatMap((column) => column.members.map(({ family }) => [family.id, family])));
      const [family] = families.values();
      if (family !== undefined && families.size === 1) return (await readStanding(reader, family))?.noise ?? null;
      return pooledNoise(members.map((column) => column.group.rollup));
    }),
  );
}
