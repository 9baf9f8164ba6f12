import { createPrivateKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '#engine/engine.ts';
import { signerOf, type LedgerSigner } from '#engine/ledger-crypto.ts';
import { UsageError } from './config.ts';

/** Everybody but the owner: the bits of a file's mode. */
const OTHERS = 0o077;

/**
 * What signs the ledger's checkpoints: the key of the file that the configuration names, or the one kept in the data
 * folder, made on first use with mode 0600.
 *
 * @throws UsageError where there is no such key in the file
 */
export function readLedgerSigner(configured: string | null, dataDir: string, log: Pick<Log, 'info' | 'warn'>): LedgerSigner {
  const file = configured ?? join(dataDir, 'ledger-key');
  if (configured === null && !existsSync(file)) makeKey(file, log);
  const signer = signerOf(readKey(file));
  if (process.platform !== 'win32' && (statSync(file).mode & OTHERS) !== 0) log.warn({ file }, 'other accounts of this machine can use the key of the ledger: take their rights away with chmod 600');
  return signer;
}

/** Written beside and then named, so that a crash leaves no half of a key, and two who start at once use one. */
function makeKey(file: string, log: Pick<Log, 'info'>): void {
  const beside = `${file}.${randomUUID()}`;
  writeFileSync(beside, generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flush: true });
  try {
    linkSync(beside, file);
    log.info({ file }, 'key of the ledger made');
  } catch (error) {
    if (!existsSync(file)) throw error;
  } finally {
    rmSync(beside);
  }
}

function readKey(file: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(readFileSync(file));
  } catch (error) {
    throw new UsageError(`The key of the ledger cannot be read from ${file}: ${error instanceof Error ? error.message : String(error)}. It is an Ed25519 private key without a passphrase, in PEM.`);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new UsageError(`The key of the ledger in ${file} is of kind ${String(key.asymmetricKeyType)}; checkpoints are signed with Ed25519.`);
  return key;
}
