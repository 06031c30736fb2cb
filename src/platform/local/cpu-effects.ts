import { PlatformError } from '../../errors.ts';
import type { CpuState } from '../lasting.ts';
import type { ProcessTarget } from '../platform.ts';
import { coresOf, liftCores, limitCores, type Throttling, throttlingOf } from './cpu-limits.ts';
import type { LastingEffect } from './effects.ts';
import type { Inventory } from './inventory.ts';
import { Limits } from './limits.ts';
import type { ProcessGroups } from './process-groups.ts';
import type { UndoGuard } from './register.ts';

const NOTHING: Throttling = { periods: 0, throttled: 0, throttledUs: 0 };

/** Quotas of the processor time of the platform's processes. */
export class CpuEffects implements LastingEffect {
  private readonly inventory: Inventory;
  private readonly groups: ProcessGroups | null;
  private readonly limits: Limits;
  /** When its quota was set. */
  private readonly before = new Map<string, Throttling>();

  /** `groups`: null where processes have no groups with a quota of the processor; then a quota is an error, and nothing is observed. */
  constructor(inventory: Inventory, guard: UndoGuard, groups: ProcessGroups | null) {
    this.inventory = inventory;
    this.groups = groups?.has('cpu') ? groups : null;
    this.limits = new Limits(inventory, guard, { kind: 'cpu', what: 'the processor time' }, (one) => this.lift(one));
  }

  limit(id: string, target: ProcessTarget, cores: number): Promise<void> {
    return this.limits.set(id, target, (one) => {
      if (!this.groups) throw new PlatformError('its processes are in no groups with a quota of the processor');
      const { directory, version } = this.groups.of('cpu', one);
      this.before.set(one, throttlingOf(directory, version));
      limitCores(directory, version, cores);
    });
  }

  observe(): readonly CpuState[] {
    const { groups } = this;
    if (!groups) return [];
    return this.inventory.all.map(({ id, site, component, node }) => {
      const { directory, version } = groups.of('cpu', id);
      const now = throttlingOf(directory, version);
      const before = this.before.get(id) ?? NOTHING;
      return {
        ...{ site, component, node },
        cores: coresOf(directory, version),
        periods: now.periods - before.periods,
        throttled: now.throttled - before.throttled,
        throttledUs: now.throttledUs - before.throttledUs,
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
    const { directory, version } = this.groups.of('cpu', name);
    liftCores(directory, version);
    const cores = coresOf(directory, version);
    if (cores !== null) throw new PlatformError(`${name}: it still gets at most ${cores} of a core`);
    this.before.delete(name);
  }
}
