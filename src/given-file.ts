import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { InputError } from './errors.ts';

/** More than any file that a person writes. */
const MAX_BYTES = 4_000_000;

/**
 * The bytes of a file that a person named: a plain file or a pipe, and never more than `atMost`, since neither a device nor a pipe says its size.
 * An InputError that names the file and the reason for everything else.
 */
export function readGivenFile(file: string, atMost = MAX_BYTES): Buffer {
  try {
    const stats = statSync(file);
    if (stats.isDirectory()) throw new InputError(`${file}: cannot be read: it is a directory`);
    if (!stats.isFile() && !stats.isFIFO()) throw new InputError(`${file}: cannot be read: it is no plain file`);
    return readUpTo(file, atMost);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new InputError(`${file}: cannot be read: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  }
}

function readUpTo(file: string, atMost: number): Buffer {
  const opened = openSync(file, 'r');
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    while (true) {
      const chunk = Buffer.allocUnsafe(Math.min(atMost + 1, 65_536));
      const read = readSync(opened, chunk);
      if (read === 0) return Buffer.concat(chunks, bytes);
      chunks.push(chunk.subarray(0, read));
      bytes += read;
      if (bytes > atMost) throw new InputError(`${file}: cannot be read: expected at most ${atMost} bytes, got more`);
    }
  } finally {
    closeSync(opened);
  }
}
