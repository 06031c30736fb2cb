import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Of a masked report: what names its files, and the envelope over that. */
export const MASKED = 'masked.json';
export const MASKED_ENVELOPE = 'masked.dsse.json';

/** A masked report is in this directory. */
export function isMasked(directory: string): boolean {
  return existsSync(join(directory, MASKED));
}
