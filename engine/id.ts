import { createHmac, hash } from 'node:crypto';
import type { Engine } from './engine.ts';

/** Crockford's base 32 in lower case: no i, l, o or u. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARACTERS = 9;
const RANDOM_CHARACTERS = 7;

/** An id of 16 characters: 45 bits of time, so that ids sort by creation, then 35 random bits. */
export function newId(engine: Pick<Engine, 'now' | 'randomBytes'>): string {
  return idFrom(engine.now()) + [...engine.randomBytes(RANDOM_CHARACTERS)].map((byte) => ALPHABET[byte % 32]).join('');
}

/** What all ids made at a moment or later sort behind: their part of time. */
export function idFrom(moment: number): string {
  let rest = moment;
  let time = '';
  for (let place = 0; place < TIME_CHARACTERS; place += 1) {
    time = `${ALPHABET[rest % 32]}${time}`;
    rest = Math.floor(rest / 32);
  }
  return time;
}

/** A secret of 256 bits with a prefix that tells people and scanners what it is. */
export function newToken(engine: Pick<Engine, 'randomBytes'>, kind: 'admin' | 'enrolment' | 'worker' | 'lease'): string {
  return `xn_${kind}_${Buffer.from(engine.randomBytes(32)).toString('base64url')}`;
}

/** A token that only who knows `secret` can derive again (HMAC-SHA256, RFC 2104). */
export function derivedToken(kind: 'enrolment' | 'worker', secret: string, id: string, key: string): string {
  return `xn_${kind}_${createHmac('sha256', secret).update(`${id} ${key}`).digest('base64url')}`;
}

/** The sha256 by which a token, a package or a request is kept and compared. */
export function sha256(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex');
}
