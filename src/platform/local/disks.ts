import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { PlatformError } from '../../errors.ts';
import type { DiskState } from '../storage.ts';
import { command } from './command.ts';

/** Before the id of the fault that takes the room. */
const FILL = 'drill-fill-';
/** Written at once; the rest byte by byte of a page. */
const CHUNK = 1 << 20;

/** Where a node keeps its commit log. */
export function commitLogOf(directory: string): string {
  return join(directory, 'commitlog');
}

function fillOf(directory: string, id: string): string {
  return join(commitLogOf(directory), FILL + encodeURIComponent(id));
}

/** Makes the commit log of a node a file system of its own, in memory, of this size (`96m`). Inside the supervisor's own mounts only. */
export async function mountCommitLog(directory: string, size: string): Promise<void> {
  mkdirSync(commitLogOf(directory), { recursive: true });
  await command(['mount', '-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', commitLogOf(directory)]);
}

/** Writes until there is no room: a true ENOSPC for whoever writes next. What was there stays. */
export function fillDisk(directory: string, id: string): void {
  const file = openSync(fillOf(directory, id), 'a');
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

/** The ids under which a node's disk is filled. */
export function fillsOf(directory: string): readonly string[] {
  const names = existsSync(commitLogOf(directory)) ? readdirSync(commitLogOf(directory)) : [];
  return names.filter((name) => name.startsWith(FILL)).map((name) => decodeURIComponent(name.slice(FILL.length)));
}

/** Gives the room back; none taken is no error. */
export function emptyDisk(directory: string, id: string): void {
  rmSync(fillOf(directory, id), { force: true });
  if (existsSync(fillOf(directory, id))) throw new PlatformError(`${directory}: its disk is still filled`);
}

export function observeDisk(directory: string, of: Pick<DiskState, 'site' | 'node'>): DiskState {
  const { bavail, bsize } = statfsSync(commitLogOf(directory));
  return { ...of, filled: fillsOf(directory).length > 0, freeBytes: bavail * bsize };
}
