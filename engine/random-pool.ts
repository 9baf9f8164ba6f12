import { randomBytes } from 'node:crypto';

const POOL_BYTES = 4096;

/**
 * Random bytes out of a pool that is drawn from the operating system a page at a time: a call for each id and token
 * costs more than the rest of making it. No byte is handed out twice.
 */
export function createRandomPool(): (count: number) => Uint8Array {
  let pool = randomBytes(POOL_BYTES);
  let used = 0;
  return (count) => {
    if (count > POOL_BYTES) return randomBytes(count);
    if (used + count > POOL_BYTES) {
      pool = randomBytes(POOL_BYTES);
      used = 0;
    }
    used += count;
    return pool.subarray(used - count, used);
  };
}
