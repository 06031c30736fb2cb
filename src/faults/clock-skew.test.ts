import { expect, test } from 'vitest';
import type { ClockState } from '../platform/platform.ts';
import { FakePlatform } from '../platform/testing-platform.ts';
import { clockSkew } from './clock-skew.ts';
import type { Observation } from './fault.ts';

const signal = new AbortController().signal;

/** What is seen of the fault where the two databases of the site show these bounds, in ms ahead. */
async function seen(offset: string, ...shown: readonly ([number, number] | null)[]): Promise<Observation> {
  const platform = new FakePlatform();
  platform.abilities.clocks.observe = async (site): Promise<readonly ClockState[]> =>
    shown.map((bounds, node) => ({
      site,
      component: 'cassandra',
      node,
      aheadMs: bounds && { lower: bounds[0], upper: bounds[1] },
    }));
  const fault = { id: 'c', type: 'clock-skew', site: 'paris', disaster: true, at_us: 0, for_us: 1, params: { offset } };
  return clockSkew.bind(fault, platform).observe(signal);
}

test.each([
  ['full', '+60s', [59_998, 60_002], [59_100, 60_900]],
  ['none', '+60s', [-2, 3], [-900, 900]],
  ['partial', '+60s', [59_998, 60_002], [-2, 3]],
  ['partial', '+60s', [59_998, 60_002], null],
  ['partial', '+60s', [58_000, 58_010], [59_998, 60_002]],
  ['full', '-30s', [-30_003, -29_998], [-30_001, -29_990]],
  ['partial', '-30s', [29_998, 30_002], [29_998, 30_002]],
  ['full', '+100ms', [98, 102], [60, 140]],
  // So loose that it might be right as well.
  ['partial', '+100ms', [0, 120], [98, 102]],
] as const)('%s of %s where %j and %j are shown', async (state, offset, one, other) => {
  expect((await seen(offset, one as [number, number], other as [number, number] | null)).state).toBe(state);
});

test('a site without any clock shows nothing', async () => {
  expect(await seen('+60s')).toEqual({ state: 'partial', observed: 'no clock' });
});

test('what was seen is said, ahead or behind, or that nothing was', async () => {
  expect((await seen('+60s', [59_998, 60_002], null)).observed).toBe(
    'cassandra/0 59.998 to 60.002 s ahead, cassandra/1 says nothing',
  );
  expect((await seen('-30s', [-30_003, -29_998])).observed).toBe('cassandra/0 29.998 to 30.003 s behind');
});
