import { BlockList, isIP } from 'node:net';

/** What an administrator allows webhooks to reach; empty allows nothing. */
export type AllowList = { readonly entries: readonly string[]; readonly names: ReadonlySet<string>; readonly ranges: readonly Range[] };

type Family = 'ipv4' | 'ipv6';
type Range = { list: BlockList; prefix: number; family: Family; network: string };

/** Ports that a host name without a port allows. */
const PLAIN_PORTS: ReadonlySet<string> = new Set(['80', '443']);
const LONGEST_ADDRESS = 1000;
const BITS: Record<Family, number> = { ipv4: 32, ipv6: 128 };

/**
 * Addresses that are not of the public internet: loopback, private, shared, link-local (with the metadata services of
 * clouds), documentation, multicast and the like, and those that lead on to IPv4 (IANA's special-purpose registries,
 * RFC 6890 and its updates).
 */
const SPECIAL: readonly Range[] = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24',
  '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
  '::/8', '64:ff9b::/32', '100::/8', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20', '5f00::/16', 'fc00::/7', 'fe80::/9', 'ff00::/8',
].map((text) => {
  const range = parseRange(text);
  if (range === null) throw new Error(`${text} is a range`);
  return range;
});

/** An entry that is neither a host nor a range; the message says which. */
export class WrongEntry extends Error {}

/**
 * Reads a list of entries with commas or spaces between them: `hooks.example.org` (its ports 80 and 443),
 * `hooks.example.org:8443`, an address, or a range such as `10.1.0.0/16`.
 *
 * @throws WrongEntry
 */
export function parseAllowList(text: string): AllowList {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '').map((entry) => entry.toLowerCase());
  const names = new Set<string>();
  const ranges: Range[] = [];
  for (const entry of entries) {
    const range = parseRange(entry);
    if (range !== null) ranges.push(range);
    else if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/.test(entry) && !/^[\d.:]+$/.test(entry)) names.add(entry);
    else throw new WrongEntry(`"${entry}" is neither a host name, a host with a port, an IP address nor a range such as 10.1.0.0/16`);
  }
  return { entries, names, ranges };
}

/** What is wrong with an address before its name is looked up; null when nothing is. */
export function problemOf(address: string, allowed: AllowList): string | null {
  if (allowed.entries.length === 0) return 'cannot be used: this server sends no webhooks, because its setting webhook_allow names no host';
  const url = address.length <= LONGEST_ADDRESS ? URL.parse(address) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'must be a URL such as https://hooks.example.org/xeenet';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
  const ip = ipOf(url);
  if (ip !== null) return isAllowed(ip, url, allowed) ? null : `leads to ${ip}, which webhook_allow does not name`;
  // A range may hold what the name leads to; that is seen when it is looked up.
  if (!isNamed(url, allowed) && allowed.ranges.length === 0) return `names ${url.host}, which webhook_allow does not`;
  return null;
}

/**
 * Whether a webhook may connect to an IP address that its URL leads to. A host name that is allowed leads to public
 * addresses only; what is not public must lie in an allowed range that is itself not public, so that neither a name that
 * leads inside nor a range such as 0.0.0.0/0 opens it by accident.
 */
export function isAllowed(ip: string, url: URL, allowed: AllowList): boolean {
  if (isIP(ip) === 0) return false;
  const special = SPECIAL.filter((range) => contains(range, ip));
  const named = allowed.ranges.filter((range) => contains(range, ip));
  if (special.length === 0) return named.length > 0 || (ipOf(url) === null && isNamed(url, allowed));
  return named.some((range) => special.every((one) => range.family === one.family && range.prefix >= one.prefix));
}

/** The IP address that stands in a URL instead of a name; null where there is a name. */
export function ipOf(url: URL): string | null {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? null : host;
}

function isNamed(url: URL, allowed: AllowList): boolean {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const name = url.hostname.replace(/\.$/, '');
  return allowed.names.has(`${name}:${port}`) || (PLAIN_PORTS.has(port) && allowed.names.has(name));
}

/** An IPv4 range also holds its addresses where they stand in IPv6 form; no IPv6 range holds an IPv4 address. */
function contains(range: Range, ip: string): boolean {
  const family = isIP(ip) === 6 ? 'ipv6' : 'ipv4';
  return (range.family === 'ipv4' || family === 'ipv6') && range.list.check(ip, family);
}

function parseRange(text: string): Range | null {
  const [network = '', bits, ...more] = text.replace(/^\[|\]$/g, '').split('/');
  const version = isIP(network);
  if (version === 0 || more.length > 0) return null;
  const family = version === 6 ? 'ipv6' : 'ipv4';
  const prefix = bits === undefined ? BITS[family] : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (!(prefix >= 0 && prefix <= BITS[family])) return null;
  const list = new BlockList();
  list.addSubnet(network, prefix, family);
  return { list, prefix, family, network };
}
