import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MANIFEST } from '../evidence/bundle-files.ts';

/** Of a masked report: what names its files, and the envelope over that. */
export const MASKED = 'masked.json';
export const MASKED_ENVELOPE = 'masked.dsse.json';

/** A masked report is in this directory, and nothing that is sealed: a run may have a file of that name. */
export function isMasked(directory: string): boolean {
  return existsSync(join(directory, MASKED)) && !existsSync(join(directory, MANIFEST));
}
