import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { newToken } from '#engine/id.ts';

/**
 * The token of a kind: the one that the configuration sets, or the one kept in the data folder, made on first use with
 * mode 0600.
 */
export function tokenOf(kind: 'admin' | 'enrolment', configured: string | null, dataDir: string): string {
  if (configured !== null) return configured;
  const kept = readKeptToken(kind, dataDir);
  if (kept !== null) return kept;
  const token = newToken({ randomBytes }, kind);
  writeFileSync(join(dataDir, `${kind}-token`), `${token}\n`, { mode: 0o600 });
  return token;
}

/** The token that a server keeps in its data folder, or null. */
export function readKeptToken(kind: 'admin' | 'enrolment', dataDir: string): string | null {
  try {
    return readFileSync(join(dataDir, `${kind}-token`), 'utf8').trim() || null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
