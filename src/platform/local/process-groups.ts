import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, PlatformError } from '../../errors.ts';
import { attemptAll } from './attempt-all.ts';
import { liftCores } from './cpu-limits.ts';
import { CONTROLLERS, type Controller, type GroupHome, type GroupHomes } from './group-home.ts';
import { liftSpeeds } from './io-limits.ts';
import { groupsFile } from './paths.ts';

/** A process that is told to end is gone after a while; one that waits for a disk that was slow, once it has what it waits for. */
const GONE_MS = 5_000;
const AGAIN_MS = 50;

/** A control group for each process of the platform, with some controllers: all under the platform's own, which go with it. */
export class ProcessGroups {
  private readonly homes: GroupHomes;
  private readonly name: string;
  private readonly file: string;

  /** Makes the platform's groups, once what a dead platform left is removed. Errors are PlatformErrors. */
  static async make(homes: GroupHomes, state: string): Promise<ProcessGroups> {
    await removeLeftGroups(state);
    return new ProcessGroups(homes, state);
  }

  private constructor(homes: GroupHomes, state: string) {
    this.homes = homes;
    this.name = `drill-${createHash('sha256').update(state).digest('hex').slice(0, 8)}`;
    this.file = groupsFile(state);
    // Known on disk before they are there: whoever comes next removes them.
    writeFileSync(this.file, this.own().join('\n'));
    try {
      for (const directory of this.own()) mkdirSync(directory, { recursive: true });
      for (const [controller, { directory, version }] of this.entries())
        if (version === 2)
          writeFileSync(join(directory, this.name, 'cgroup.subtree_control'), `+${CONTROLLERS[controller].name}`);
    } catch (error) {
      throw new PlatformError(`no control groups can be made: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Moves a process that has just been started into its group: what it used before stays with the one it comes from. */
  add(name: string, pid: number): void {
    for (const directory of this.own()) {
      mkdirSync(join(directory, name), { recursive: true });
      writeFileSync(join(directory, name, 'cgroup.procs'), String(pid));
    }
  }

  /** Where a process's limits of a controller stand, and which version's files these are; a PlatformError where it has none. */
  of(controller: Controller, name: string): { readonly directory: string; readonly version: 1 | 2 } {
    const home = this.homes[controller];
    if (!home) throw new PlatformError(`its processes are in no groups with a limit of ${controller}`);
    return { directory: join(home.directory, this.name, name), version: home.version };
  }

  has(controller: Controller): boolean {
    return this.homes[controller] !== undefined;
  }

  /** Removes every group, once nothing lives in them any more; a PlatformError where something does for too long. */
  async remove(): Promise<void> {
    await removeGroups(this.own());
    rmSync(this.file, { force: true });
  }

  private own(): readonly string[] {
    return [...new Set(this.entries().map(([, { directory }]) => join(directory, this.name)))];
  }

  private entries(): readonly (readonly [Controller, GroupHome])[] {
    return Object.entries(this.homes) as [Controller, GroupHome][];
  }
}

/** Removes the groups that a platform of this state directory left when it died; a PlatformError names what cannot be removed. */
export async function removeLeftGroups(state: string): Promise<void> {
  const file = groupsFile(state);
  if (!existsSync(file)) return;
  await removeGroups(readFileSync(file, 'utf8').trim().split('\n'));
  rmSync(file, { force: true });
}

async function removeGroups(directories: readonly string[]): Promise<void> {
  const left = directories.filter((one) => basename(one).startsWith('drill-') && existsSync(one));
  // Who waits for a slow disk cannot even be killed, and who hardly gets to run takes long to end.
  attemptAll(left.flatMap(groupsIn), (one) => {
    liftSpeeds(one);
    for (const version of [1, 2] as const) liftCores(one, version);
  });
  for (const untilMs = performance.now() + GONE_MS; ; await sleep(AGAIN_MS)) {
    try {
      attemptAll(left.flatMap((one) => [...groupsIn(one), one]).filter(existsSync), (one) => rmdirSync(one));
      return;
    } catch (error) {
      if (performance.now() > untilMs)
        throw new PlatformError(`control groups cannot be removed: ${messageOf(error)}`, {
          hint: `a process lives in one: ${left.join(', ')} (cgroup.procs names it)`,
          cause: error,
        });
    }
  }
}

function groupsIn(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  const inside = readdirSync(directory, { withFileTypes: true }).filter((one) => one.isDirectory());
  return inside.map(({ name }) => join(directory, name));
}
