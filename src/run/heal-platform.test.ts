import { afterEach, expect, test, vi } from 'vitest';
import { FakePlatform } from '../platform/testing-platform.ts';
import { healPlatform } from './heal-platform.ts';

const soon = () => AbortSignal.timeout(20_000);
afterEach(() => void vi.useRealTimers());

async function healed(platform: FakePlatform): Promise<{ left: readonly string[]; said: readonly string[] }> {
  const said: string[] = [];
  return { left: await healPlatform(platform, (line) => said.push(line)), said };
}

async function cut(platform: FakePlatform, id: string): Promise<void> {
  await platform.abilities.network.filter(id, [{ site: 'paris', direction: 'in', peers: ['london'] }]);
}

test('where nothing is in force there is nothing to say', async () => {
  expect(await healed(new FakePlatform())).toEqual({ left: [], said: [] });
});

test('what the register has is undone', async () => {
  const platform = new FakePlatform();
  await platform.register.record(
    { fault: 'f', run: 'r', undo: [{ kind: 'network', params: { id: 'f' } }] },
    1_000,
    soon(),
  );
  await cut(platform, 'f');
  expect(await healed(platform)).toEqual({ left: [], said: ['undoing f of run r'] });
  expect(platform.rules.size).toBe(0);
});

test('a rule that nothing in the register would undo is found and removed', async () => {
  const platform = new FakePlatform();
  await cut(platform, 'partition-site-1');
  const { left, said } = await healed(platform);
  expect(left).toEqual([]);
  expect(said[0]).toContain('partition-site-1');
  expect(platform.rules.size).toBe(0);
});

test('a name server that fails under nothing in the register is found and mended', async () => {
  const platform = new FakePlatform();
  await platform.abilities.names.fail('dns-failure-1', 'paris', 'silence');
  const { left, said } = await healed(platform);
  expect(left).toEqual([]);
  expect(said).toEqual(['undoing failing name servers that no fault in the register would: dns-failure-1']);
  expect(platform.nameless.size).toBe(0);
});

test('what died by itself is started again', async () => {
  const platform = new FakePlatform();
  platform.set('london', ['janusgraph'], 'stopped');
  expect(await healed(platform)).toEqual({ left: [], said: ['starting janusgraph of london'] });
  expect(platform.registered.size).toBe(0);
});

test('clocks that nothing in the register would set right are set right', async () => {
  const platform = new FakePlatform();
  await platform.abilities.clocks.set('clock-skew-1', 'london', -90_000);
  expect(await healed(platform)).toEqual({
    left: [],
    said: ['undoing wrong clocks that no fault in the register would: clock-skew-1'],
  });
  expect(platform.ahead.size).toBe(0);
  expect(platform.registered.size).toBe(0);
});

test('a clock that cannot be set right is said', async () => {
  const platform = new FakePlatform();
  await platform.abilities.clocks.set('clock-skew-1', 'london', 90_000);
  platform.abilities.clocks.mend = async () => {
    throw new Error('it does not work');
  };
  platform.abilities.clocks.observe = async () => [];
  expect((await healed(platform)).left).toEqual([
    'failed: undoing wrong clocks that no fault in the register would: clock-skew-1: it does not work',
    'still in force: wrong clocks of clock-skew-1',
  ]);
});

test('a fault that cannot be undone keeps no other in force, and is said', async () => {
  const platform = new FakePlatform();
  platform.fails = 'processes';
  const processes = [{ kind: 'processes', params: { site: 'paris', components: ['cassandra'] } }] as const;
  await platform.register.record({ fault: 'kill-1', run: 'r', undo: processes }, 1_000, soon());
  await platform.register.record(
    { fault: 'f', run: 'r', undo: [{ kind: 'network', params: { id: 'f' } }] },
    1_000,
    soon(),
  );
  await cut(platform, 'f');
  const { left } = await healed(platform);
  expect(platform.rules.size).toBe(0);
  expect(left).toEqual(['failed: undoing kill-1 of run r: processes: it does not work', 'still in force: kill-1']);
});

test('an answer that does not come for one fault is no reason to leave the others', async () => {
  const platform = new FakePlatform();
  const { undo } = platform.register;
  platform.register.undo = (fault, signal) =>
    fault === 'bad' ? Promise.reject(new Error('the connection is lost')) : undo(fault, signal);
  for (const fault of ['f', 'bad']) {
    await platform.register.record(
      { fault, run: 'r', undo: [{ kind: 'network', params: { id: fault } }] },
      1_000,
      soon(),
    );
  }
  await cut(platform, 'f');
  const { left } = await healed(platform);
  expect(platform.rules.size).toBe(0);
  expect(left).toEqual(['failed: undoing bad of run r: the connection is lost', 'still in force: bad']);
});

test('queries, a lag of compaction, a limit of memory, a loop and a full disk that nothing would undo are found and ended as well', async () => {
  const platform = new FakePlatform();
  const { queries, compaction, memory, loops, disks } = platform.abilities;
  await queries.begin('q', { site: 'paris', parallel: 2, work: 'waits' });
  await compaction.hold('c', 'paris', 1_000);
  await memory.limit('m', { site: 'paris', components: ['cassandra'] }, 0.5);
  await loops.starve('s', { site: 'paris', components: ['cassandra'] }, 0.5);
  await disks.fill('d', 'paris');
  const { left, said } = await healed(platform);
  expect(left).toEqual([]);
  expect(said).toEqual([
    'undoing loops that no fault in the register would: s',
    'undoing limits of memory that no fault in the register would: m',
    'undoing full disks that no fault in the register would: d',
    'undoing queries that no fault in the register would: q',
    'undoing lag of compaction that no fault in the register would: c',
  ]);
});

test('what cannot be ended is said', async () => {
  const platform = new FakePlatform();
  await platform.abilities.queries.begin('q', { site: 'paris', parallel: 2, work: 'waits' });
  platform.abilities.queries.mend = async () => {
    throw new Error('the server does not say so');
  };
  expect((await healed(platform)).left).toEqual([
    'failed: undoing queries that no fault in the register would: q: the server does not say so',
    'still in force: queries of q',
  ]);
});

test('what cannot be looked for keeps nothing else from being healed, and is said', async () => {
  const platform = new FakePlatform();
  await platform.abilities.names.fail('dns-failure-1', 'paris', 'silence');
  platform.set('london', ['janusgraph'], 'stopped');
  platform.abilities.network.inForce = async () => {
    throw new Error('nft: timed out');
  };
  const { left, said } = await healed(platform);
  expect(platform.nameless.size).toBe(0);
  expect(said).toContain('starting janusgraph of london');
  expect(left).toEqual([
    'failed: which rules are in force: nft: timed out',
    'rules may be in force, which could not be seen: nft: timed out',
  ]);
});

test('an undo that needs what is down is done once that has been started', async () => {
  const platform = new FakePlatform();
  platform.set('london', ['cassandra'], 'stopped');
  const { undo } = platform.register;
  platform.register.undo = (fault, signal) =>
    fault === 'damage' && platform.states.some(({ state }) => state !== 'ready')
      ? Promise.reject(new Error('Unavailable'))
      : undo(fault, signal);
  const damage = [{ kind: 'network', params: { id: 'damage' } }] as const;
  await platform.register.record({ fault: 'damage', run: 'r', undo: damage }, 1_000, soon());
  const { left, said } = await healed(platform);
  expect(left).toEqual([]);
  expect(said).toEqual(['undoing damage of run r', 'starting cassandra of london', 'undoing damage of run r']);
});

test('an undo that never answers keeps nothing else from being healed, nor the answer', async () => {
  const platform = new FakePlatform();
  platform.set('london', ['janusgraph'], 'stopped');
  const { undo } = platform.register;
  platform.register.undo = (fault, signal) => (fault === 'bad' ? new Promise(() => {}) : undo(fault, signal));
  const ofBad = [{ kind: 'network', params: { id: 'bad' } }] as const;
  await platform.register.record({ fault: 'bad', run: 'r', undo: ofBad }, 1_000, soon());
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const done = healed(platform);
  for (let tries = 0; tries < 2; tries++) await vi.advanceTimersByTimeAsync(250_000);
  const { left, said } = await done;
  expect(said).toContain('starting janusgraph of london');
  expect(left).toEqual(['failed: undoing bad of run r: not done within 250000 ms', 'still in force: bad']);
});
