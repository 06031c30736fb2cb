import { PlatformError } from '../../errors.ts';
import type { MemoryState } from '../lasting.ts';
import type { ProcessTarget } from '../platform.ts';
import type { LastingEffect } from './effects.ts';
import type { Inventory } from './inventory.ts';
import { Limits } from './limits.ts';
import type { MemoryGroups } from './memory-groups.ts';
import type { UndoGuard } from './register.ts';

/** Limits of the memory of the platform's processes. */
export class MemoryEffects implements LastingEffect {
  private readonly inventory: Inventory;
  private readonly groups: MemoryGroups | null;
  private readonly limits: Limits;

  /** `groups`: null where processes have no memory groups; then a limit is an error, and nothing is observed. */
  constructor(inventory: Inventory, guard: UndoGuard, groups: MemoryGroups | null) {
    this.inventory = inventory;
    this.groups = groups;
    this.limits = new Limits(inventory, guard, { kind: 'memory', what: 'the memory' }, (one) => groups?.lift(one));
  }

  limit(id: string, target: ProcessTarget, share: number): Promise<void> {
    return this.limits.set(id, target, (one) => needed(this.groups).limit(one, share));
  }

  observe(): readonly MemoryState[] {
    const { groups, inventory } = this;
    if (!groups) return [];
    return inventory.all.map(({ id, site, component, node }) => ({ site, component, node, ...groups.state(id) }));
  }

  inForce(): readonly string[] {
    return this.limits.inForce();
  }

  undo(id: string): void {
    this.limits.undo(id);
  }
}

function needed(groups: MemoryGroups | null): MemoryGroups {
  if (groups) return groups;
  throw new PlatformError('its processes are in no memory groups');
}
