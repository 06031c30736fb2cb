import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Replaces a file as a whole, on disk when it returns: whoever reads finds the old or the new one, also when the machine dies in between. */
export function replaceFile(file: string, text: string, mode = 0o644): void {
  const draft = join(dirname(file), `.${basename(file)}.${process.pid}`);
  writeFileSync(draft, text, { mode, flush: true });
  renameSync(draft, file);
  syncDirectory(dirname(file));
}

/** The names in a directory are on disk when it returns. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
