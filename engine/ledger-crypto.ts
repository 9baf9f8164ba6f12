import { createPublicKey, generateKeyPairSync, hash, sign, verify, type KeyObject } from 'node:crypto';
import type { LedgerCrypto } from '#core/checkpoint.ts';

/** Signs checkpoints. `publicKey` is the 32 bytes of Ed25519's. */
export type LedgerSigner = { publicKey: Uint8Array; sign: (message: Uint8Array) => Uint8Array };

/** A public key of Ed25519 in the form that Node reads begins with these bytes (RFC 8410). */
const SPKI_PREFIX = Uint8Array.fromHex('302a300506032b6570032100');

/** SHA-256 and Ed25519 (RFC 8032) of this platform. */
export const LEDGER_CRYPTO: LedgerCrypto = {
  sha256: (bytes) => hash('sha256', bytes, 'buffer'),
  verify(publicKey, message, signature) {
    const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
    return verify(null, message, key, signature);
  },
};

/** What signs with a private key of Ed25519. */
export function signerOf(privateKey: KeyObject): LedgerSigner {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { publicKey: new Uint8Array(spki.subarray(SPKI_PREFIX.length)), sign: (message) => sign(null, message, privateKey) };
}

/** What signs with a new key that is kept nowhere. */
export function newLedgerSigner(): LedgerSigner {
  return signerOf(generateKeyPairSync('ed25519').privateKey);
}
