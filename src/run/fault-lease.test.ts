import { expect, test, vi } from 'vitest';
import { monotonicClock } from '../clock.ts';
import type { Observation } from '../faults/fault.ts';
import { faultType } from '../faults/registry.ts';
import { FakePlatform } from '../platform/testing-platform.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import { FaultLease, type Recorder } from './fault-lease.ts';
import { releaseAll } from './release.ts';

const soon = () => AbortSignal.timeout(20_000);

const planned = (type: string, params: PlannedFault['params'] = {}): PlannedFault => ({
  ...{ id: `${type}-1`, type, site: 'paris', disaster: true, at_us: 0, for_us: 1_000_000, params },
});

interface Lease {
  readonly platform: FakePlatform;
  readonly lease: FaultLease;
  /** What was journaled and what was asked of the platform, in order. */
  readonly order: string[];
  readonly served: { now: boolean };
  journal: Recorder['append'];
}

function leaseOf(fault: PlannedFault): Lease {
  const platform = new FakePlatform();
  const order = platform.log;
  const served = { now: true };
  const one: Lease = {
    platform,
    order,
    served,
    journal: async (type) => void order.push(type),
    lease: new FaultLease(fault, faultType(fault.type).bind(fault, platform), {
      run: 'r',
      clock: monotonicClock(process.hrtime.bigint()),
      journal: { append: (type, data) => one.journal(type, data) },
      register: platform.register,
      recover: platform.recover,
      served: async (): Promise<Observation> => ({ state: served.now ? 'none' : 'partial', observed: served.now }),
    }),
  };
  return one;
}

test.each([
  ['site-loss', {}],
  ['scale-datacenter', { mode: 'abrupt' }],
  ['partition-site', { from: 'all', direction: 'both', clients: 'cut' }],
  ['kill', { component: 'cassandra' }],
])('%s: the undo is on disk before the effect, and afterwards nothing is left', async (type, params) => {
  const { lease, platform, order } = leaseOf(planned(type, params));
  const seen = await lease.inject(soon(), 5_000);
  expect(seen.notBefore_us).toBeLessThanOrEqual(seen.notAfter_us);
  const effects = order.findIndex((what) => /^(filter|end)/.test(what));
  expect(order.slice(0, effects)).toEqual(['undo-recorded', `record ${type}-1`, 'fault-requested']);
  const gone = await lease.release(soon());
  expect(gone.notAfter_us).toBeGreaterThanOrEqual(seen.notAfter_us);
  expect([...platform.rules, ...platform.registered]).toEqual([]);
  expect(platform.states.every(({ state }) => state === 'ready')).toBe(true);
  expect(order.at(-1)).toBe('fault-gone');
});

test('a rule that no packet meets has not been shown to do anything', async () => {
  const { lease, platform } = leaseOf(planned('partition-site', { from: 'all', direction: 'both', clients: 'cut' }));
  platform.traffic = false;
  await expect(lease.inject(soon(), 400)).rejects.toThrow('partition-site-1 to become effective');
  expect(lease.effective).toBeNull();
  await lease.release(soon());
  expect([...platform.rules, ...platform.registered]).toEqual([]);
});

test('a target that is not whole is refused before anything is recorded', async () => {
  const { lease, platform, order } = leaseOf(planned('kill', { component: 'janusgraph' }));
  platform.set('paris', ['janusgraph'], 'running');
  await expect(lease.inject(soon(), 5_000)).rejects.toThrow('not whole before the fault');
  expect(lease.requested).toBe(false);
  expect(order).toEqual([]);
});

test.each(['undo-recorded', 'fault-requested'])('a journal that cannot take %s: nothing is injected', async (type) => {
  const one = leaseOf(planned('site-loss'));
  one.journal = async (event) => {
    if (event === type) throw new Error('ENOSPC');
    one.order.push(event);
  };
  await expect(one.lease.inject(soon(), 5_000)).rejects.toThrow('ENOSPC');
  expect(one.order.filter((what) => /^(filter|end)/.test(what))).toEqual([]);
  expect(one.order.includes('record site-loss-1')).toBe(type === 'fault-requested');
  // The undo is on its way to disk in either case, so it is asked for.
  one.journal = async (event) => void one.order.push(event);
  await one.lease.release(soon());
  expect([...one.platform.rules, ...one.platform.registered]).toEqual([]);
  expect(one.platform.states.every(({ state }) => state === 'ready')).toBe(true);
});

test('a register that cannot take the undo: nothing is injected', async () => {
  const one = leaseOf(planned('site-loss'));
  one.platform.register.record = async () => Promise.reject(new Error('ENOSPC'));
  await expect(one.lease.inject(soon(), 5_000)).rejects.toThrow('ENOSPC');
  expect(one.order).toEqual(['undo-recorded']);
});

test('a journal that cannot be written keeps no fault in force', async () => {
  const one = leaseOf(planned('site-loss'));
  await one.lease.inject(soon(), 5_000);
  one.journal = async () => Promise.reject(new Error('ENOSPC'));
  await expect(one.lease.release(soon())).rejects.toThrow('ENOSPC');
  expect([...one.platform.rules, ...one.platform.registered]).toEqual([]);
  expect(one.lease.gone).not.toBeNull();
});

test('a journal that hangs keeps no fault in force', async () => {
  const one = leaseOf(planned('site-loss'));
  await one.lease.inject(soon(), 5_000);
  const hangs = Promise.withResolvers<void>();
  one.journal = () => hangs.promise;
  const release = one.lease.release(soon());
  await vi.waitFor(() => expect([...one.platform.rules, ...one.platform.registered]).toEqual([]), { timeout: 10_000 });
  hangs.resolve();
  await release;
});

test('a journal that hangs for ever keeps neither a fault in force nor whoever releases it', async () => {
  const one = leaseOf(planned('site-loss'));
  await one.lease.inject(soon(), 5_000);
  one.journal = () => new Promise(() => {});
  await expect(one.lease.release(AbortSignal.timeout(500))).rejects.toThrow();
  expect([...one.platform.rules, ...one.platform.registered]).toEqual([]);
  expect(one.lease.gone).not.toBeNull();
});

test('what is seen no more while its undo fails is not gone, and is undone again', async () => {
  const { lease, platform } = leaseOf(planned('site-loss'));
  await lease.inject(soon(), 5_000);
  const undo = platform.register.undo;
  const failing = Promise.withResolvers<never>();
  platform.register.undo = async (fault, signal) => {
    const entry = platform.registered.get(fault);
    await undo(fault, signal);
    if (entry) platform.registered.set(fault, entry);
    return failing.promise;
  };
  const release = lease.release(soon());
  // It is seen to be gone first; only then the undo says that it failed.
  setTimeout(() => failing.reject(new Error('Unavailable')), 1_000);
  await expect(release).rejects.toThrow('Unavailable');
  expect(lease.gone).toBeNull();
  platform.register.undo = undo;
  expect(await releaseAll([lease], soon)).toEqual([]);
  expect(lease.gone).not.toBeNull();
  expect(platform.registered.size).toBe(0);
});

test('a fault that the platform undid just before its release has lapsed', async () => {
  const { lease, platform, order } = leaseOf(planned('site-loss'));
  await lease.inject(soon(), 5_000);
  await platform.register.undo('site-loss-1', soon());
  await lease.release(soon());
  expect(lease.lapsed).toBe(true);
  expect(order.filter((what) => what === 'fault-lapsed')).toHaveLength(1);
});

test('one whose undo is tried a second time has not lapsed', async () => {
  const { lease, platform, order } = leaseOf(planned('site-loss'));
  await lease.inject(soon(), 5_000);
  platform.fails = 'network';
  await expect(lease.release(soon())).rejects.toThrow('not undone');
  platform.fails = null;
  await lease.release(soon());
  expect(order).not.toContain('fault-lapsed');
});

test('an undo that fails is said, does not stop the next, and can be tried again', async () => {
  const { lease, platform } = leaseOf(planned('site-loss'));
  await lease.inject(soon(), 5_000);
  platform.fails = 'network';
  await expect(lease.release(soon())).rejects.toThrow('site-loss-1 is not undone: network: it does not work');
  expect(platform.states.every(({ state }) => state === 'ready')).toBe(true);
  expect(lease.gone).toBeNull();
  platform.fails = null;
  await lease.release(soon());
  expect([...platform.rules, ...platform.registered]).toEqual([]);
});

test('gone means that a write and a read are served there again', async () => {
  const { lease, served, order } = leaseOf(planned('kill', { component: 'cassandra' }));
  await lease.inject(soon(), 5_000);
  served.now = false;
  const release = lease.release(soon());
  await vi.waitFor(() => expect(order).toContain('undo kill-1'));
  expect(lease.gone).toBeNull();
  served.now = true;
  expect((await release).observed).toMatchObject({ served: true });
});

test('what is undone and does not serve again says so, and what was seen last', async () => {
  const { lease, served } = leaseOf(planned('kill', { component: 'cassandra' }));
  await lease.inject(soon(), 5_000);
  served.now = false;
  await expect(lease.release(AbortSignal.timeout(1_500))).rejects.toThrow(/last seen: \{.*"served":false\}/);
  expect(lease.gone).toBeNull();
});

test('a fault that ends by itself while it should hold has lapsed, and that is said', async () => {
  const { lease, platform, order } = leaseOf(planned('site-loss'));
  await lease.inject(soon(), 5_000);
  platform.rules.clear();
  await vi.waitFor(() => expect(order).toContain('fault-lapsed'), { timeout: 10_000 });
  expect(lease.lapsed).toBe(true);
  await lease.release(soon());
});

test('a loss after a partition: neither waits for the other to be gone', async () => {
  const platform = new FakePlatform();
  const clock = monotonicClock(process.hrtime.bigint());
  const lease = (fault: PlannedFault): FaultLease =>
    new FaultLease(fault, faultType(fault.type).bind(fault, platform), {
      ...{
        run: 'r',
        clock,
        register: platform.register,
        recover: platform.recover,
        journal: { append: async () => {} },
      },
      // Served again only when nothing of either fault is left.
      served: async () => ({ state: platform.registered.size === 0 ? 'none' : 'partial', observed: null }),
    });
  const partition = lease(planned('partition-site', { from: 'all', direction: 'both', clients: 'kept' }));
  const loss = lease(planned('kill', { component: 'cassandra' }));
  await partition.inject(soon(), 5_000);
  await loss.inject(soon(), 5_000);
  expect(await releaseAll([partition, loss], soon)).toEqual([]);
  expect([partition.gone, loss.gone]).not.toContain(null);
});
