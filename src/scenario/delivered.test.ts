import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { configFor } from '../commands/platform-config.ts';
import { FAULTS } from '../faults/registry.ts';
import { DEFAULT_CONFIG } from '../platform/local/config.ts';
import { localPlatformFacts } from '../platform/local/local-platform.ts';
import { PROBES } from '../probes/registry.ts';
import { listScenarioFiles, loadScenario } from './load.ts';
import { resolveScenario } from './resolve.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const REGISTRIES = { probes: PROBES, faults: FAULTS };

/** The platform files that a scenario's first lines name; the default one where they name none. */
function configsOf(text: string): readonly string[] {
  const named = [...text.matchAll(/--config (clusters\/\S+\.yaml)/g)].map(([, file = '']) => `${ROOT}${file}`);
  return named.length > 0 ? named : [DEFAULT_CONFIG];
}

test('every scenario that is delivered has a plan on each platform that it names, and says that a loss of power is not measured', async () => {
  const files = await listScenarioFiles(`${ROOT}scenarios`);
  for (const file of files) {
    for (const config of configsOf(readFileSync(file, 'utf8'))) {
      const loaded = await loadScenario(file, { registries: REGISTRIES, directory: `${ROOT}scenarios` });
      const platform = localPlatformFacts(configFor(config, [loaded]), {
        netem: null,
        memory: null,
        diskSpeed: null,
        cpu: null,
      });
      const { plan } = resolveScenario({ loaded, platform, ...REGISTRIES });
      expect(plan.scenario.name, file).toBe(loaded.scenario.name);
      const power = plan.notMeasured.filter(({ what }) => what === 'loss of power');
      expect([file, power]).toEqual([file, [{ what: 'loss of power', why: expect.stringContaining('page cache') }]]);
    }
  }
});
