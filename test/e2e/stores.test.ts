import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { faultType } from '../../src/faults/registry.ts';
import { loadLocalConfig, withComponents } from '../../src/platform/local/config.ts';
import { findGroupHome } from '../../src/platform/local/group-home.ts';
import { attachLocalPlatform } from '../../src/platform/local/local-platform.ts';
import type { Platform } from '../../src/platform/platform.ts';
import type { PlannedFault } from '../../src/scenario/plan.ts';
import { startTestPlatform, type TestPlatform } from './support/local-platform.ts';

/** Faults of a further store on the real platform: each has its effect on it and on nothing beside it, and after its undo it serves. */
const LONG_MS = 240_000;
const LONG = { timeout: LONG_MS, interval: 500 };
const long = (): AbortSignal => AbortSignal.timeout(LONG_MS);

let up: TestPlatform;
let platform: Platform;
beforeAll(async () => {
  const [paris = { name: 'paris', datacenter: 'paris-dc' }] = loadLocalConfig().sites;
  up = await startTestPlatform({
    ...withComponents(loadLocalConfig(), ['opensearch']),
    sites: [paris],
    processGroups: typeof findGroupHome('cpu') === 'string' ? [] : ['cpu'],
  });
  platform = up.platform;
});
afterAll(() => up?.[Symbol.asyncDispose]());

async function stateOf(component: string): Promise<string | undefined> {
  const states = (await platform.abilities.processes?.observe(long())) ?? [];
  return states.find((one) => one.component === component)?.state;
}

test.for([
  ['kill', {}],
  ['stop', {}],
  ['pause', {}],
  ['restart', { mode: 'abrupt' }],
  ['crash-loop', { serves: '1s' }],
  ['cpu-starvation', { share: '20%' }],
  ['cpu-quota', { cores: 0.01 }],
] as const)('%s', async ([type, more], { skip }) => {
  const lacking = faultType(type).needs.filter((ability) => !platform.facts().abilities.includes(ability));
  if (lacking.length > 0) skip(`this machine lacks it: ${JSON.stringify(platform.facts().lacking)}`);
  const planned: PlannedFault = {
    ...{ id: `${type}-1`, type, site: 'paris', disaster: true, at_us: 0, for_us: 1 },
    params: { component: 'opensearch', ...more },
  };
  const fault = faultType(type).bind(planned, platform);
  expect((await fault.observe(long())).state).toBe('none');
  await platform.register.record({ fault: planned.id, run: 'r1', undo: fault.undo }, LONG_MS, long());
  await fault.inject(long());
  await vi.waitUntil(async () => (await fault.observe(long())).state === 'full', LONG);
  // What is struck is this store, and nothing beside it.
  expect([await stateOf('cassandra'), await stateOf('janusgraph')]).toEqual(['ready', 'ready']);
  expect((await platform.register.undo(planned.id, long())).map(({ ok }) => ok)).not.toContain(false);
  expect((await fault.observe(long())).state).toBe('none');
  expect(await stateOf('opensearch')).toBe('ready');
});

test('nobody renews a fault of a store: the dead-man starts it', async () => {
  const target = { site: 'paris', components: ['opensearch'] } as const;
  const undo = [{ kind: 'processes', params: target }] as const;
  await platform.register.record({ fault: 'left', run: 'r1', undo }, 1_000, long());
  await platform.abilities.processes?.end(target, 0, long());
  await vi.waitUntil(async () => (await platform.register.list(long())).length === 0, LONG);
  expect(await stateOf('opensearch')).toBe('ready');
});

test('who attaches finds the store, and where it is', async () => {
  await using other = await attachLocalPlatform(long());
  expect(other?.facts().sites[0]?.endpoints.opensearch).toEqual([{ host: '10.77.1.10', port: 9200 }]);
  expect(other?.facts().versions.opensearch).toBe('2.19.5');
});
