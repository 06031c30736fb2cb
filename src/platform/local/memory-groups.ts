import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { messageOf, PlatformError } from '../../errors.ts';
import type { MemoryState } from '../lasting.ts';
import type { MemoryHome } from './memory-home.ts';
import { memoryGroupsFile } from './paths.ts';

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

/** A memory group for each process of the platform, all under one of the platform's own, which goes with it. */
export class MemoryGroups {
  private readonly home: MemoryHome;
  private readonly directory: string;
  private readonly file: string;
  /** When its limit was set. */
  private readonly before = new Map<string, Counts>();

  /** Makes the platform's group, once what a dead platform left is removed. Errors are PlatformErrors. */
  constructor(home: MemoryHome, state: string) {
    this.home = home;
    this.directory = join(home.directory, `drill-${createHash('sha256').update(state).digest('hex').slice(0, 8)}`);
    this.file = memoryGroupsFile(state);
    removeLeftGroups(state);
    // Known on disk before it is there: whoever comes next removes it.
    writeFileSync(this.file, this.directory);
    try {
      mkdirSync(this.directory, { recursive: true });
      if (home.version === 2) writeFileSync(join(this.directory, 'cgroup.subtree_control'), '+memory');
    } catch (error) {
      throw new PlatformError(`no memory group can be made: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Moves a process that has just been started into its group: what it used before stays with the one it comes from. */
  add(name: string, pid: number): void {
    mkdirSync(join(this.directory, name), { recursive: true });
    writeFileSync(join(this.directory, name, 'cgroup.procs'), String(pid));
  }

  state(name: string): Pick<MemoryState, 'limitBytes' | 'usedBytes' | 'reclaims' | 'killed'> {
    const { limit, used } = FILES[this.home.version];
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
    const { limit, used } = FILES[this.home.version];
    const wanted = Math.floor(Number(this.read(name, used)) * share);
    this.before.set(name, this.counts(name));
    if (this.home.version === 2) await this.giveBack(name, Number(this.read(name, used)) - wanted);
    for (let tries = 1, bytes = wanted; ; tries += 1) {
      if (this.home.version === 2) bytes = Math.max(wanted, Number(this.read(name, used)) + ROOM);
      try {
        // It takes as long as the kernel takes to find so much: nobody else may wait for it.
        await writeFile(join(this.directory, name, limit), String(bytes));
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
    if (!existsSync(join(this.directory, name))) return;
    const { limit, none } = FILES[this.home.version];
    writeFileSync(join(this.directory, name, limit), none);
    const bytes = limitOf(this.read(name, limit));
    if (bytes !== null) throw new PlatformError(`${name}: it is still limited to ${bytes} bytes`);
    this.before.delete(name);
  }

  /** Removes every group; one in which a process lives is an error. */
  remove(): void {
    removeGroups(this.directory);
    rmSync(this.file, { force: true });
  }

  /** memory.reclaim of cgroup v2 (Linux 5.19): it says EAGAIN when it could not take all. Where there is none the limit does it. */
  private async giveBack(name: string, bytes: number): Promise<void> {
    await writeFile(join(this.directory, name, 'memory.reclaim'), String(Math.max(0, bytes))).catch(() => {});
  }

  private counts(name: string): Counts {
    if (this.home.version === 1)
      return {
        reclaims: Number(this.read(name, 'memory.failcnt')),
        killed: countIn(this.read(name, 'memory.oom_control'), 'oom_kill'),
      };
    const events = this.read(name, 'memory.events');
    return { reclaims: countIn(events, 'max'), killed: countIn(events, 'oom_kill') };
  }

  private read(name: string, file: string): string {
    return readFileSync(join(this.directory, name, file), 'utf8').trim();
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

/** Removes the groups that a platform of this state directory left when it died; a PlatformError names what cannot be removed. */
export function removeLeftGroups(state: string): void {
  const file = memoryGroupsFile(state);
  if (!existsSync(file)) return;
  removeGroups(readFileSync(file, 'utf8').trim());
  rmSync(file, { force: true });
}

function removeGroups(directory: string): void {
  if (!basename(directory).startsWith('drill-') || !existsSync(directory)) return;
  try {
    for (const { name } of readdirSync(directory, { withFileTypes: true }).filter((one) => one.isDirectory()))
      rmdirSync(join(directory, name));
    rmdirSync(directory);
  } catch (error) {
    throw new PlatformError(`memory groups cannot be removed: ${messageOf(error)}`, { cause: error });
  }
}
