import { expect, test } from 'vitest';
import { FAULTS } from '../faults/registry.ts';
import { PROBES } from '../probes/registry.ts';
import { PLATFORM } from './fixtures.ts';
import { listScenarioFiles, loadScenario } from './load.ts';
import { resolvePlan } from './resolve.ts';

const DIRECTORY = new URL('../../scenarios', import.meta.url).pathname;
const registries = { probes: PROBES, faults: FAULTS };

test('every scenario that is delivered says that a loss of power is not measured, and why', async () => {
  for (const file of await listScenarioFiles(DIRECTORY)) {
    const loaded = await loadScenario(file, { registries, directory: DIRECTORY });
    const { requires } = loaded.scenario;
    const nodesPerSite = Number(requires['nodes a site'] ?? 1);
    const platform = { ...PLATFORM, nodesPerSite, tuning: { ...PLATFORM.tuning, ...requires } };
    const { notMeasured } = resolvePlan({ loaded, platform, ...registries, options: { seed: 1 } });
    const power = notMeasured.filter(({ what }) => what === 'loss of power');
    expect([file, power]).toEqual([file, [{ what: 'loss of power', why: expect.stringContaining('commit log') }]]);
  }
});
