import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../../errors.ts';
import type { DiskSpeedState } from '../lasting.ts';
import type { ProcessTarget } from '../platform.ts';
import type { LastingEffect } from './effects.ts';
import type { Inventory } from './inventory.ts';
import { liftSpeeds, limitSpeed, type Speed, speedOf, type Traffic, trafficOf } from './io-limits.ts';
import { Limits } from './limits.ts';
import type { ProcessGroups } from './process-groups.ts';
import type { UndoGuard } from './register.ts';

/** A thread that waits for the disk at both looks waits for more than an ordinary write of an idle disk. */
const LOOK_AGAIN_MS = 200;

/** Limits of what the platform's processes read from and write to the disk of their data. */
export class DiskSpeedEffects implements LastingEffect {
  private readonly inventory: Inventory;
  private readonly groups: ProcessGroups | null;
  private readonly device: () => string;
  private readonly limits: Limits;
  /** When its limit was set. */
  private readonly before = new Map<string, Traffic>();
  /** Processes of which a thread has waited since. */
  private readonly waited = new Set<string>();

  /** `groups`: null where processes have no groups with a limit of the disk. `device`: the disk of their data, as `major:minor`. */
  constructor(inventory: Inventory, guard: UndoGuard, groups: ProcessGroups | null, device: () => string) {
    this.inventory = inventory;
    this.groups = groups?.has('disk') ? groups : null;
    this.device = device;
    this.limits = new Limits(inventory, guard, { kind: 'disk-speed', what: 'the disk' }, (one) => this.lift(one));
  }

  limit(id: string, target: ProcessTarget, speed: Speed): Promise<void> {
    return this.limits.set(id, target, (one) => {
      if (!this.groups) throw new PlatformError('its processes are in no groups with a limit of the disk');
      const { directory, version } = this.groups.of('disk', one);
      const device = this.device();
      this.waited.delete(one);
      this.before.set(one, trafficOf(directory, version, device));
      limitSpeed(directory, version, device, speed);
    });
  }

  /** Of the nodes of Cassandra: the others keep nothing. */
  async observe(): Promise<readonly DiskSpeedState[]> {
    const { groups } = this;
    if (!groups) return [];
    const device = this.device();
    const nodes = this.inventory.of('cassandra').map((one) => ({ one, pid: one.state().pid }));
    const first = nodes.map(({ pid }) => waitingThreads(pid));
    await sleep(LOOK_AGAIN_MS);
    return nodes.map(({ one: { id, site, component, node }, pid }, index) => {
      const { directory, version } = groups.of('disk', id);
      const waiting = waitingThreads(pid).filter((thread) => first[index]?.includes(thread)).length;
      if (waiting > 0 && this.before.has(id)) this.waited.add(id);
      const { readBytes, writtenBytes } = trafficOf(directory, version, device);
      const before = this.before.get(id) ?? { readBytes: 0, writtenBytes: 0 };
      return {
        ...{ site, component, node },
        ...speedOf(directory, version, device),
        readBytes: readBytes - before.readBytes,
        writtenBytes: writtenBytes - before.writtenBytes,
        waiting,
        waited: this.waited.has(id),
      };
    });
  }

  inForce(): readonly string[] {
    return this.limits.inForce();
  }

  undo(id: string): void {
    this.limits.undo(id);
  }

  private lift(name: string): void {
    if (!this.groups) return;
    const { directory, version } = this.groups.of('disk', name);
    liftSpeeds(directory);
    const { readBps, writeBps } = speedOf(directory, version, this.device());
    if (readBps !== null || writeBps !== null)
      throw new PlatformError(
        `${name}: it still reads at most ${readBps} and writes at most ${writeBps} bytes a second`,
      );
    this.before.delete(name);
    this.waited.delete(name);
  }
}

/** The threads of a process that sleep and cannot be woken: they wait for a disk (D, proc(5)). None of a process that is not there. */
function waitingThreads(pid: number | null): readonly string[] {
  const directory = `/proc/${pid}/task`;
  try {
    return readdirSync(directory).filter((thread) => {
      const stat = readFileSync(`${directory}/${thread}/stat`, 'latin1');
      return stat[stat.lastIndexOf(')') + 2] === 'D';
    });
  } catch {
    return [];
  }
}
