import { expect, test } from 'vitest';
import { FakePlatform } from '../platform/testing-platform.ts';
import { dnsFailure } from './dns-failure.ts';
import type { BoundFault } from './fault.ts';

const signal = new AbortController().signal;

function bound(): { platform: FakePlatform; fault: BoundFault } {
  const platform = new FakePlatform();
  const planned = {
    id: 'dns-failure-1',
    type: 'dns-failure',
    site: 'paris',
    disaster: true,
    at_us: 0,
    for_us: 1_000_000,
    params: {},
  };
  return { platform, fault: dnsFailure.bind(planned, platform) };
}

const state = async (fault: BoundFault): Promise<string> => (await fault.observe(signal)).state;

test('a name server fails when each question, from wherever, gets what it is to get, and answers when each gets its address', async () => {
  const { platform, fault } = bound();
  const { observe } = platform.abilities.names;
  const half = async (site: string) => {
    const { asked, ...rest } = await observe(site);
    return {
      ...rest,
      asked: asked.map((one, index) => (index > 0 ? one : { ...one, answer: 'servfail', right: false })),
    };
  };
  platform.abilities.names.observe = half;
  expect(await state(fault)).toBe('partial');
  await fault.inject(signal);
  expect(await state(fault)).toBe('partial');
  platform.abilities.names.observe = observe;
  expect(await state(fault)).toBe('full');
  // It fails, and in another way.
  platform.nameless.set('dns-failure-1', { site: 'paris', how: 'nxdomain' });
  expect(await state(fault)).toBe('partial');
  platform.abilities.names.observe = async (site) => ({ ...(await observe(site)), asked: [] });
  expect(await state(fault)).toBe('partial');
  platform.nameless.clear();
  expect(await state(fault)).toBe('partial');
});

test('questions that the name server does not count have not been shown to fail by it', async () => {
  const { platform, fault } = bound();
  platform.traffic = false;
  await fault.inject(signal);
  expect(await state(fault)).toBe('partial');
});

test('what was asked and answered is told', async () => {
  const { platform, fault } = bound();
  await fault.inject(signal);
  expect((await fault.observe(signal)).observed).toBe(
    'name server of paris: 1 questions failed; asked now: cassandra-0.paris: silence from outside, silence from paris',
  );
  expect(platform.nameless.get('dns-failure-1')).toEqual({ site: 'paris', how: 'silence' });
});
