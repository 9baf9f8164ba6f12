const ORIGIN = 'http://own.invalid';
const LONGEST = 4000;

/**
 * An address within this site from what a form or a request said, without the action it may have shown; the overview
 * where it was none of ours. Nobody is led to another site by a form that was tampered with.
 */
export function ownAddress(said: unknown): string {
  if (typeof said !== 'string' || !said.startsWith('/') || said.length > LONGEST || !URL.canParse(said, ORIGIN)) return '/';
  const url = new URL(said, ORIGIN);
  if (url.origin !== ORIGIN || url.pathname.startsWith('//')) return '/';
  url.searchParams.delete('action');
  return `${url.pathname}${url.search}${url.hash}`;
}

/** The address with the action that its page is to show. */
export function withAction(address: string, actionId: string): string {
  const [path = '', place] = address.split('#');
  return `${path}${path.includes('?') ? '&' : '?'}action=${encodeURIComponent(actionId)}${place === undefined ? '' : `#${place}`}`;
}
