import { fileURLToPath } from 'node:url';
import { REGISTRIES } from '../commands/registries.ts';
import type { Platform } from '../platform/platform.ts';
import { loadScenario } from '../scenario/load.ts';
import type { Plan } from '../scenario/plan.ts';
import { resolvePlan } from '../scenario/resolve.ts';

/** One of the calibration's own scenarios, which are no drills and stand beside it, against a platform. */
export async function calibrationPlan(
  name: 'calibration' | 'calibration-nothing' | 'calibration-stopped',
  platform: Platform,
): Promise<{ readonly plan: Plan; readonly bytes: Uint8Array }> {
  const file = fileURLToPath(new URL(`./${name}.yaml`, import.meta.url));
  const loaded = await loadScenario(file, { registries: REGISTRIES, directory: '.' });
  return { plan: resolvePlan({ loaded, platform: platform.facts(), ...REGISTRIES }), bytes: loaded.bytes };
}
