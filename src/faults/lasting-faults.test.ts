import { expect, test } from 'vitest';
import { FakePlatform } from '../platform/testing-platform.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import type { BoundFault, Observation } from './fault.ts';
import { faultType } from './registry.ts';

const signal = new AbortController().signal;

/** A fault that was injected, and a way to make something of what the platform sees of it. */
async function injected(
  type: string,
  params: PlannedFault['params'] = {},
): Promise<{ platform: FakePlatform; fault: BoundFault; id: string; look: () => Promise<Observation> }> {
  const platform = new FakePlatform();
  const id = `${type}-1`;
  const planned = { id, type, site: 'paris', disaster: true, at_us: 0, for_us: 1_000_000, params };
  const fault = faultType(type).bind(planned, platform);
  await fault.inject(signal);
  return { platform, fault, id, look: () => fault.observe(signal) };
}

function change<T>(map: Map<string, T>, id: string, to: Partial<T>): void {
  map.set(id, { ...(map.get(id) as T), ...to });
}

test('queries: the server works on most of them, or on as many as it has workers', async () => {
  const { platform, id, look } = await injected('runaway-queries', { parallel: 40, work: 'waits' });
  change(platform.queries, id, { evaluating: 32, timedOut: 7 });
  const { state, observed } = await look();
  expect([state, observed]).toEqual([
    'full',
    "32 of 40 in evaluation; 7 ran into the server's time-out; janusgraph/0 ready",
  ]);
  change(platform.queries, id, { evaluating: 16 });
  expect((await look()).state).toBe('full');
  change(platform.queries, id, { evaluating: 15 });
  expect((await look()).state).toBe('partial');
});

test('queries: while the server has not said that it evaluates none any more they are not gone', async () => {
  const { platform, id, look } = await injected('runaway-queries');
  change(platform.queries, id, { evaluating: 8, ending: true });
  expect(await look()).toMatchObject({ state: 'partial', observed: expect.stringContaining('ending') });
  platform.queries.delete(id);
  expect((await look()).state).toBe('none');
});

test('queries: what ended otherwise is said', async () => {
  const { platform, id, look } = await injected('runaway-queries');
  change(platform.queries, id, { evaluating: 0, failed: 3, lastFailure: '500 no room' });
  expect(await look()).toMatchObject({
    state: 'partial',
    observed: expect.stringContaining('3 ended otherwise, the last: 500 no room'),
  });
});

test('compaction: switched off is not enough, it must have piled up since', async () => {
  const { platform, id, look } = await injected('compaction-lag', { sstables: 8 });
  change(platform.held, id, { most: { table: 'drill.ledger', sstables: 10, before: 3 } });
  expect((await look()).state).toBe('partial');
  change(platform.held, id, { most: { table: 'drill.ledger', sstables: 11, before: 3 } });
  expect(await look()).toMatchObject({
    state: 'full',
    observed: expect.stringContaining(
      'automatic compaction not running, 0 pending; 11 SSTables of drill.ledger (3 before), 12 flushes',
    ),
  });
});

test.each([
  [{ automatic: [] }],
  [{ automatic: ['running'] }],
  [{ automatic: ['not running', 'partially running'] }],
  [{ ending: true }],
])('compaction: %j is neither in force nor gone', async (to) => {
  const { platform, id, look } = await injected('compaction-lag');
  change(platform.held, id, to);
  expect((await look()).state).toBe('partial');
});

test('memory: a limit that nothing has met has not been shown to do anything', async () => {
  const { platform, look } = await injected('memory-pressure', { component: 'janusgraph' });
  const { observe } = platform.abilities.memory;
  platform.abilities.memory.observe = async () => (await observe()).map((one) => ({ ...one, reclaims: 0 }));
  expect((await look()).state).toBe('partial');
  platform.abilities.memory.observe = async () =>
    (await observe()).map((one) => ({ ...one, reclaims: 0, killed: one.limitBytes === null ? 0 : 1 }));
  platform.set('paris', ['janusgraph'], 'stopped');
  expect(await look()).toMatchObject({ state: 'full', observed: expect.stringContaining('0 times short, 1 ended') });
});

test('memory: what the kernel ended is not whole once the limit is gone; it is started by the same undo', async () => {
  const { platform, fault, look } = await injected('memory-pressure', { component: 'cassandra' });
  platform.set('paris', ['cassandra'], 'stopped');
  platform.limits.clear();
  expect((await look()).state).toBe('partial');
  expect(fault.undo.map(({ kind }) => kind)).toEqual(['memory', 'processes']);
});

test.each([
  ['runaway-queries', { parallel: 0 }],
  ['runaway-queries', { parallel: 65 }],
  ['runaway-queries', { parallel: 1.5 }],
  ['runaway-queries', { work: 'sleeps' }],
  ['compaction-lag', { sstables: 4 }],
  ['compaction-lag', { sstables: 201 }],
  ['compaction-lag', { flushEvery: '0s' }],
  ['memory-pressure', { share: '100%' }],
  ['memory-pressure', { component: 'solr' }],
  ['cpu-quota', { cores: 0 }],
  ['cpu-quota', { cores: 65 }],
  ['cpu-quota', { cores: '200m' }],
  ['cpu-quota', { node: -1 }],
  ['slow-disk', { write: '4kB/s' }],
  ['slow-disk', { write: '8 kB' }],
  ['slow-disk', { read: '0MB/s' }],
  ['slow-disk', { read: '200000MB/s' }],
])('%s %j is refused', async (type, params) => {
  await expect(injected(type, params as PlannedFault['params'])).rejects.toThrow(Object.keys(params)[0] as string);
});

test('disk: one for which nobody had to wait has not been shown to be slow; what limits it is said', async () => {
  const { platform, look } = await injected('slow-disk', { write: '16kB/s' });
  expect(await look()).toMatchObject({
    state: 'full',
    observed: 'cassandra/0 41 kB written at 16 kB/s at most, 1 thread waits; cassandra/0 ready',
  });
  const { observe } = platform.abilities.diskSpeed;
  platform.abilities.diskSpeed.observe = async () =>
    (await observe()).map((one) => ({ ...one, waiting: 0, waited: false }));
  expect((await look()).state).toBe('partial');
});

test('processors: a quota for which nobody had to wait has not been shown to do anything; what it is, is said', async () => {
  const { platform, fault, look } = await injected('cpu-quota', { component: 'cassandra', cores: 0.1 });
  expect(fault.undo.map(({ kind }) => kind)).toEqual(['cpu', 'processes']);
  expect(await look()).toMatchObject({
    state: 'full',
    observed: 'cassandra/0 0.1 of a core, made to wait in 97 of 103 turns, 41.2 s on all processors; cassandra/0 ready',
  });
  const { observe } = platform.abilities.cpu;
  platform.abilities.cpu.observe = async () => (await observe()).map((one) => ({ ...one, throttled: 0 }));
  expect((await look()).state).toBe('partial');
  platform.abilities.cpu.observe = observe;
  platform.quotasOfCpu.clear();
  expect((await look()).state).toBe('none');
});

test('processors: of several processes each has its quota, or it is not in force', async () => {
  const { platform, look } = await injected('cpu-quota');
  expect((await look()).state).toBe('full');
  const { observe } = platform.abilities.cpu;
  platform.abilities.cpu.observe = async () =>
    (await observe()).map((one) => (one.component === 'janusgraph' ? { ...one, cores: null } : one));
  expect((await look()).state).toBe('partial');
});
