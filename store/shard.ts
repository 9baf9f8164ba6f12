const SHARDS = 16;

/**
 * The shard that a family's share of a common count is kept in, so that writers of different families seldom wait for
 * each other. It follows from the family, whose writers meet anyway.
 */
export function shardOf(familyId: string): number {
  let sum = 0;
  for (const character of familyId) sum = (sum * 31 + character.charCodeAt(0)) % SHARDS;
  return sum;
}
