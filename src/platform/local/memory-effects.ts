import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../../errors.ts';
import type { MemoryState } from '../lasting.ts';
import type { ProcessTarget } from '../platform.ts';
import { attemptAll } from './attempt-all.ts';
import type { LastingEffect } from './effects.ts';
import type { Inventory } from './inventory.ts';
import type { MemoryGroups } from './memory-groups.ts';
import type { UndoGuard } from './register.ts';

const GONE_MS = 3_000;

/** Limits of the memory of the platform's processes. */
export class MemoryEffects implements LastingEffect {
  private readonly inventory: Inventory;
  private readonly guard: UndoGuard;
  private readonly groups: MemoryGroups | null;
  /** The groups of each fault's processes: this process limits them, and outlives none of them. */
  private readonly limits = new Map<string, readonly string[]>();

  /** `groups`: null where processes have no memory groups. */
  constructor(inventory: Inventory, guard: UndoGuard, groups: MemoryGroups | null) {
    this.inventory = inventory;
    this.guard = guard;
    this.groups = groups;
  }

  limit(id: string, target: ProcessTarget, share: number): Promise<void> {
    const mine = this.inventory.targets(target).map((one) => one.id);
    return this.guard.under({ kind: 'memory', params: { id } }, async () => {
      if (!this.groups) throw new PlatformError('its processes are in no memory groups');
      // What one fault undoes would be another's.
      const other = [...this.limits].find(
        ([fault, theirs]) => fault !== id && mine.some((one) => theirs.includes(one)),
      );
      if (other) throw new PlatformError(`the memory of ${target.site} is limited already, by ${other[0]}`);
      this.limits.set(id, mine);
      try {
        for (const one of mine) await this.groups.limit(one, share);
      } finally {
        // Undone meanwhile: what was limited after that is to be found, to be lifted.
        this.limits.set(id, mine);
      }
    });
  }

  observe(): readonly MemoryState[] {
    const { groups, inventory } = this;
    if (!groups) return [];
    const all = [...inventory.of('cassandra'), ...inventory.of('janusgraph')];
    return all.map(({ id, site, component, node }) => ({ site, component, node, ...groups.state(id) }));
  }

  inForce(): readonly string[] {
    return [...this.limits.keys()];
  }

  undo(id: string): void {
    attemptAll(this.limits.get(id) ?? [], (one) => this.groups?.lift(one));
    this.limits.delete(id);
  }

  /** Removes the groups, once the processes are gone that have been told to go. Errors are PlatformErrors. */
  async close(): Promise<void> {
    if (!this.groups) return;
    await Promise.race([Promise.all(this.inventory.all.map((one) => one.stop(0))), sleep(GONE_MS)]);
    this.groups.remove();
  }
}
