import type { Platform } from '../platform/platform.ts';
import type { StorageAbility } from '../platform/storage.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import type { BoundFault } from './fault.ts';
import { ability, targetSite } from './target.ts';

/** Damage to what is stored, all of which is put back: in force as long as anything of it is not as it was. */
export function damageOf(
  fault: PlannedFault,
  platform: Platform,
  inject: (storage: StorageAbility, signal: AbortSignal) => Promise<void>,
): BoundFault {
  targetSite(fault, platform);
  const storage = ability(fault, platform, 'storage');
  return {
    undo: [{ kind: 'storage', params: { id: fault.id } }],
    inject: (signal) => inject(storage, signal),
    async observe(signal) {
      const seen = await storage.observe(fault.id, signal);
      if (!seen) return { state: 'none', observed: 'nothing is damaged' };
      const { damaged, of, unmet, what } = seen;
      return { state: damaged === 0 ? 'none' : damaged === of && !unmet ? 'full' : 'partial', observed: what };
    },
  };
}
