import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, PlatformError } from '../../errors.ts';
import type { MemoryState } from '../lasting.ts';
import type { ProcessGroups } from './process-groups.ts';

/** What a limit may lie above what could not be given back: less, and the kernel takes longer over it than anybody waits. */
const ROOM = 1 << 20;
const TRIES = 32;

/** The names of one thing in both versions of the kernel's control groups (cgroups(7), memory controller). */
const FILES = {
  1: { limit: 'memory.limit_in_bytes', none: '-1', used: 'memory.usage_in_bytes' },
  2: { limit: 'memory.max', none: 'max', used: 'memory.current' },
} as const;

interface Counts {
  readonly reclaims: number;
  readonly killed: number;
}

/** The memory of each process in a group of its own. */
export class MemoryGroups {
  private readonly groups: ProcessGroups;
  /** When its limit was set. */
  private readonly before = new Map<string, Counts>();

  constructor(groups: ProcessGroups) {
    this.groups = groups;
  }

  state(name: string): Pick<MemoryState, 'limitBytes' | 'usedBytes' | 'reclaims' | 'killed'> {
    const { limit, used } = FILES[this.version(name)];
    const before = this.before.get(name) ?? { reclaims: 0, killed: 0 };
    const { reclaims, killed } = this.counts(name);
    return {
      limitBytes: limitOf(this.read(name, limit)),
      usedBytes: Number(this.read(name, used)),
      reclaims: reclaims - before.reclaims,
      killed: killed - before.killed,
    };
  }

  /** A share of what it uses now, or what it cannot give back: the kernel takes what it can, and the limit comes to lie there. */
  async limit(name: string, share: number): Promise<void> {
    const version = this.version(name);
    const { limit, used } = FILES[version];
    const wanted = Math.floor(Number(this.read(name, used)) * share);
    this.before.set(name, this.counts(name));
    if (version === 2) await this.giveBack(name, Number(this.read(name, used)) - wanted);
    for (let tries = 1, bytes = wanted; ; tries += 1) {
      if (version === 2) bytes = Math.max(wanted, Number(this.read(name, used)) + ROOM);
      try {
        // It takes as long as the kernel takes to find so much: nobody else may wait for it.
        await writeFile(this.path(name, limit), String(bytes));
        return;
      } catch (error) {
        // v1 refuses a limit below what it cannot take back, and has taken what it can.
        if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || tries === TRIES)
          throw new PlatformError(`${name}: no limit of ${bytes} bytes: ${messageOf(error)}`, { cause: error });
        bytes = Math.max(wanted, Number(this.read(name, used)) + tries * ROOM);
      }
    }
  }

  /** As much as there is; one without a limit is no error. */
  lift(name: string): void {
    const { limit, none } = FILES[this.version(name)];
    if (!existsSync(this.path(name, limit))) return;
    writeFileSync(this.path(name, limit), none);
    const bytes = limitOf(this.read(name, limit));
    if (bytes !== null) throw new PlatformError(`${name}: it is still limited to ${bytes} bytes`);
    this.before.delete(name);
  }

  /** memory.reclaim of cgroup v2 (Linux 5.19): it says EAGAIN when it could not take all. Where there is none the limit does it. */
  private async giveBack(name: string, bytes: number): Promise<void> {
    await writeFile(this.path(name, 'memory.reclaim'), String(Math.max(0, bytes))).catch(() => {});
  }

  private counts(name: string): Counts {
    if (this.version(name) === 1)
      return {
        reclaims: Number(this.read(name, 'memory.failcnt')),
        killed: countIn(this.read(name, 'memory.oom_control'), 'oom_kill'),
      };
    const events = this.read(name, 'memory.events');
    return { reclaims: countIn(events, 'max'), killed: countIn(events, 'oom_kill') };
  }

  private version(name: string): 1 | 2 {
    return this.groups.of('memory', name).version;
  }

  private path(name: string, file: string): string {
    return join(this.groups.of('memory', name).directory, file);
  }

  private read(name: string, file: string): string {
    return readFileSync(this.path(name, file), 'utf8').trim();
  }
}

/** Of a file with a name and a number a line. */
function countIn(text: string, name: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1] ?? 0);
}

/** v1 says "none" by the largest multiple of a page that fits its counter. */
function limitOf(text: string): number | null {
  return text === 'max' || Number(text) < 0 || Number(text) >= 2 ** 62 ? null : Number(text);
}
