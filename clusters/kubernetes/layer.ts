import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { create } from 'tar';

/** The same for every file, so that the same content is the same layer. */
export const MTIME = new Date('2026-01-01T00:00:00Z');

/** Writes everything under `root` as a layer of an image; returns the digest by which the image names it. */
export async function writeLayer(root: string, file: string): Promise<string> {
  const constant = { portable: true, mtime: MTIME } as const;
  await create({ cwd: root, file, noDirRecurse: true, ...constant }, [...entriesOf(root)]);
  return digestOfFile(file);
}

/** Every path under a directory, sorted: the file system has an order of its own. */
function entriesOf(root: string, under = ''): readonly string[] {
  return readdirSync(join(root, under))
    .sort()
    .flatMap((name) => {
      const path = join(under, name);
      return lstatSync(join(root, path)).isDirectory() ? [path, ...entriesOf(root, path)] : [path];
    });
}

async function digestOfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
