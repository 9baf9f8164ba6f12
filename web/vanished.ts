/**
 * What a page is about was deleted while it was read. An open page stays as it was last; a request for it is answered
 * as if it had come a moment later.
 */
export class Vanished extends Error {}

/** The thing itself, unless it was deleted since it was found. */
export function stillThere<T>(found: T | null | undefined): T {
  if (found === null || found === undefined) throw new Vanished('it was deleted meanwhile');
  return found;
}
