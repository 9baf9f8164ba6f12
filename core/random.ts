/** A stream of pseudo-random numbers, each in [0, 1). */
export type Random = () => number;

/**
 * A seeded generator with the same stream on every platform (32-bit integer arithmetic only).
 *
 * sfc32 by Chris Doty-Humphrey (PractRand, "Small Fast Counting"), 128 bits of state; the seed and the stream
 * number are spread by the finaliser of MurmurHash3 and the first draws are dropped. Two draws make one 53-bit number.
 *
 * @param seed any safe integer
 * @param stream an independent stream of the same seed, e.g. the number of configurations already taken
 */
export function seededRandom(seed: number, stream = 0): Random {
  let a = mix(seed | 0);
  let b = mix(Math.floor(seed / 4294967296) ^ 0x9e3779b9);
  let c = mix(stream ^ 0x85ebca6b);
  let counter = 1;
  const next32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let draw = 0; draw < 16; draw += 1) next32();
  return () => {
    const high = next32() >>> 5;
    const low = next32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  };
}

/** A new array with the items in random order (Fisher–Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const chosen = Math.floor(random() * (last + 1));
    [result[last], result[chosen]] = [result[chosen] as T, result[last] as T];
  }
  return result;
}

function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}
