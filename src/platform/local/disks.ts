import { execFile } from 'node:child_process';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PlatformError } from '../../errors.ts';
import type { DiskState } from '../platform.ts';

const run = promisify(execFile);
const FILL = 'drill-fill';
/** Written at once; the rest byte by byte of a page. */
const CHUNK = 1 << 20;

/** Where a node keeps its commit log. */
export function commitLogOf(directory: string): string {
  return join(directory, 'commitlog');
}

/** Makes the commit log of a node a file system of its own, in memory, of this size (`96m`). Inside the supervisor's own mounts only. */
export async function mountCommitLog(directory: string, size: string): Promise<void> {
  mkdirSync(commitLogOf(directory), { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', commitLogOf(directory)]);
}

/** Writes until there is no room: a true ENOSPC for whoever writes next. What was there stays. */
export function fillDisk(directory: string): void {
  const file = openSync(join(commitLogOf(directory), FILL), 'a');
  try {
    for (let size = CHUNK; size >= 1; size = size > 1 ? size >> 1 : 0) {
      const bytes = Buffer.alloc(size);
      for (;;) {
        try {
          writeSync(file, bytes);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          break;
        }
      }
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Fills it again where it is filled. */
export function keepFull(directory: string): void {
  if (existsSync(join(commitLogOf(directory), FILL))) fillDisk(directory);
}

/** Gives the room back; none taken is no error. */
export function emptyDisk(directory: string): void {
  rmSync(join(commitLogOf(directory), FILL), { force: true });
  if (existsSync(join(commitLogOf(directory), FILL))) throw new PlatformError(`${directory}: its disk is still filled`);
}

export function observeDisk(directory: string, of: Pick<DiskState, 'site' | 'node'>): DiskState {
  const { bavail, bsize } = statfsSync(commitLogOf(directory));
  return { ...of, filled: existsSync(join(commitLogOf(directory), FILL)), freeBytes: bavail * bsize };
}
