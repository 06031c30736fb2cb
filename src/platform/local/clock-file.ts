import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.ts';

const FILE = 'clock';

/** Sets the wall clock of the process whose files are in `directory` so far ahead of the machine's; negative: behind. */
export function setClock(directory: string, aheadMs: number): void {
  const file = join(directory, FILE);
  // It is read again and again: never in part.
  writeFileSync(`${file}.part`, `${aheadMs < 0 ? '-' : '+'}${(Math.abs(aheadMs) / 1000).toFixed(3)}\n`);
  renameSync(`${file}.part`, file);
}

/** What a process must be started with, so that `setClock` sets its wall clock: `library` is libfaketime, for several threads. */
export function clockEnvironment(library: string, directory: string): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: join(directory, FILE),
    // Seconds, whole; the file is read when more have passed.
    FAKETIME_CACHE_DURATION: '1',
    // The timers of a JVM go by monotonic time, and must not jump.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    // Switched on by itself for some versions of the C library, where it makes every timed wait of a JVM end at once.
    FAKETIME_FORCE_MONOTONIC_FIX: '0',
    // What files say of their times is nobody's clock.
    NO_FAKE_STAT: '1',
  };
}

/** A /dev/shm for the supervisor's own mounts: the library leaves things there that a process which is killed does not take away. */
export async function ownSharedMemory(): Promise<void> {
  await command(['mount', '-t', 'tmpfs', '-o', 'size=16m,mode=1777', 'tmpfs', '/dev/shm']);
}
