import { PlatformError } from '../../errors.ts';
import type { ProcessTarget } from '../platform.ts';
import type { DiskState } from '../storage.ts';
import { attemptAll } from './attempt-all.ts';
import { emptyDisk, fillDisk, fillsOf, observeDisk } from './disks.ts';
import type { LastingEffect } from './effects.ts';
import type { Inventory } from './inventory.ts';
import type { UndoGuard } from './register.ts';

/** Disks of commit logs that are full. What was filled is what the disks themselves show. */
export class DiskEffects implements LastingEffect {
  private readonly inventory: Inventory;
  private readonly guard: UndoGuard;
  private readonly small: boolean;
  private readonly restart: (target: ProcessTarget) => Promise<void>;

  /** `small`: each commit log has a disk of its own. */
  constructor(
    inventory: Inventory,
    guard: UndoGuard,
    small: boolean,
    restart: (target: ProcessTarget) => Promise<void>,
  ) {
    this.inventory = inventory;
    this.guard = guard;
    this.small = small;
    this.restart = restart;
  }

  fill(id: string, site: string): Promise<void> {
    return this.guard.under({ kind: 'disk', params: { id } }, () => {
      if (!this.small) throw new PlatformError('its commit logs have no disks of their own');
      for (const one of this.inventory.of('cassandra', site)) fillDisk(one.directory, id);
    });
  }

  observe(): readonly DiskState[] {
    return this.inventory.of('cassandra').map((one) => observeDisk(one.directory, { site: one.site, node: one.node }));
  }

  /** What a node gives back while its disk is to be full is taken as well. */
  keepFull(): void {
    for (const [directory, ids] of this.filled()) for (const id of ids) fillDisk(directory, id);
  }

  inForce(): readonly string[] {
    return [...new Set(this.filled().flatMap(([, ids]) => ids))];
  }

  undo(id: string): void {
    const mine = this.filled().filter(([, ids]) => ids.includes(id));
    attemptAll(mine, ([directory]) => emptyDisk(directory, id));
  }

  /** Nothing else would start Cassandra anew, which may live on with everything stopped inside. */
  async mend(id: string): Promise<void> {
    const full = this.inventory
      .of('cassandra')
      .filter(({ directory }) => this.small && fillsOf(directory).includes(id));
    this.undo(id);
    const sites = [...new Set(full.map(({ site }) => site))];
    await Promise.all(sites.map((site) => this.restart({ site, components: ['cassandra'] })));
  }

  private filled(): readonly (readonly [string, readonly string[]])[] {
    if (!this.small) return [];
    return this.inventory.of('cassandra').map(({ directory }) => [directory, fillsOf(directory)] as const);
  }
}
