import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { syncDirectory } from '../durable-file.ts';
import { InputError } from '../errors.ts';
import { TIMESTAMP } from './bundle-files.ts';
import { verifySealed } from './sealed.ts';
import { type Timestamp, verifyTimestamp } from './timestamp.ts';
import { stamp, type TimestampAuthority } from './timestamp-request.ts';

/**
 * Puts the answer of a time stamping authority beside the manifest of what is sealed; nothing else changes. Gives what it claims. An EvidenceError when the
 * directory does not verify; an InputError when there is one already, or none can be had.
 */
export async function stampSealed(
  directory: string,
  authority: TimestampAuthority,
  signal: AbortSignal,
): Promise<Timestamp> {
  const { manifestSha256 } = verifySealed(directory);
  const file = join(directory, TIMESTAMP);
  if (existsSync(file)) throw new InputError(`${file}: this has a time stamp already`);
  const answer = await stamp(authority, manifestSha256, signal);
  try {
    writeFileSync(file, answer, { flag: 'wx', flush: true });
    syncDirectory(directory);
  } catch (error) {
    throw new InputError(`${file}: cannot be written (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
  return verifyTimestamp(answer, manifestSha256, TIMESTAMP, null);
}
