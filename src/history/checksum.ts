import { createHash } from 'node:crypto';

/** What a write carries, so that a read can tell right from corrupt: the first 16 hex digits of SHA-256 of its key and number. */
export function checksum(key: string, seq: number): string {
  return createHash('sha256').update(`${key}\u0000${seq}`).digest('hex').slice(0, 16);
}
