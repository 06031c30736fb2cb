import { expect, test } from 'vitest';
import { FakePlatform } from '../platform/testing-platform.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import { networkDelay } from './network-delay.ts';

const signal = new AbortController().signal;

function bound(params: PlannedFault['params']) {
  const platform = new FakePlatform();
  const planned = { id: 'd', type: 'network-delay', site: 'paris', disaster: true, at_us: 0, for_us: 1, params };
  return { platform, fault: networkDelay.bind(planned, platform) };
}

test.each([
  [{ delay: '50ms' }, '50000 us, 0 us more or less, correlated 0'],
  [{ delay: '1.5s', jitter: '100us' }, '1500000 us, 100 us more or less, correlated 0'],
  [{ delay: '10s', jitter: '10s', correlation: '25%' }, '10000000 us, 10000000 us more or less, correlated 0.25'],
])('%j', async (params, asked) => {
  const { platform, fault } = bound(params);
  await fault.inject(signal);
  expect(platform.log).toEqual([`delay paris by ${asked}`]);
  expect(fault.undo).toEqual([{ kind: 'network', params: { id: 'd' } }]);
});

test.each([
  [{}, 'delay'],
  [{ delay: '50' }, 'expected a duration above zero'],
  [{ delay: '0ms' }, 'expected a duration above zero'],
  [{ delay: '11s' }, 'expected a delay of at most 10s'],
  [{ delay: '366d' }, 'expected a delay of at most 10s'],
  [{ delay: '50ms', jitter: '51ms' }, 'expected no more jitter than delay'],
  [{ delay: '50ms', correlation: '25%' }, 'expected jitter as well'],
  [{ delay: '50ms', jitter: '10ms', correlation: '100%' }, 'expected a percentage'],
])('%j is refused', (params, why) => {
  expect(() => bound(params as PlannedFault['params'])).toThrow(why);
});

test('a line on which no packet went each way has not been shown to be long', async () => {
  const { platform, fault } = bound({ delay: '50ms' });
  platform.traffic = false;
  await fault.inject(signal);
  expect((await fault.observe(signal)).state).toBe('partial');
  platform.traffic = true;
  expect((await fault.observe(signal)).state).toBe('full');
  const [rules] = [...platform.rules.values()];
  platform.rules.set('d', (rules ?? []).slice(1));
  expect((await fault.observe(signal)).state).toBe('partial');
});
