import { expect, test } from 'vitest';
import { RUN_LEASE } from './names.ts';
import { holderOf, holdSite } from './run-lock.ts';
import { FakeApiServer } from './testing-api-server.ts';

const within = (): AbortSignal => AbortSignal.timeout(30_000);
const LEASE = `/apis/coordination.k8s.io/v1/namespaces/bank/leases/${RUN_LEASE}`;

test('one run holds a site at a time, and gives it back', async () => {
  await using server = await FakeApiServer.start();
  const cluster = server.cluster();
  const first = await holdSite(cluster, 'run1', within());
  expect(await holderOf(cluster, within())).toBe('run1');
  await expect(holdSite(cluster, 'run2', within())).rejects.toThrow('bank (context paris) is in use by run run1');
  await first[Symbol.asyncDispose]();
  expect(server.get(LEASE)).toBeUndefined();
  await using _second = await holdSite(cluster, 'run2', within());
  expect(await holderOf(cluster, within())).toBe('run2');
});

test('the Lease of a run that is dead is taken over, and its run does not take it back', async () => {
  await using server = await FakeApiServer.start();
  server.put(LEASE, { spec: { holderIdentity: 'dead', renewTime: '2020-01-01T00:00:00.000000Z' } });
  const cluster = server.cluster();
  const mine = await holdSite(cluster, 'run2', within());
  expect(await holderOf(cluster, within())).toBe('run2');
  server.put(LEASE, { spec: { holderIdentity: 'run3' } });
  await mine[Symbol.asyncDispose]();
  expect(await holderOf(cluster, within())).toBe('run3');
});

const FAST = { renewMs: 200, deadMs: 20_000 };

function aborted(signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const say = (): void => resolve((signal.reason as Error).message);
    if (signal.aborted) say();
    signal.addEventListener('abort', say, { once: true });
    within().addEventListener('abort', () => reject(new Error('it was not lost')), { once: true });
  });
}

test('a run whose Lease stands for another one hears of it, and leaves it there', async () => {
  await using server = await FakeApiServer.start();
  const cluster = server.cluster();
  const held = await holdSite(cluster, 'run1', within(), FAST);
  expect(held.lost.aborted).toBe(false);
  server.put(LEASE, { spec: { holderIdentity: 'run2' } });
  expect(await aborted(held.lost)).toBe('the lock of bank (context paris) is lost: run run2 has taken it over');
  await held[Symbol.asyncDispose]();
  expect(await holderOf(cluster, within())).toBe('run2');
});

test('a run whose Lease is gone hears of it', async () => {
  await using server = await FakeApiServer.start();
  const held = await holdSite(server.cluster(), 'run1', within(), FAST);
  server.objects.delete(LEASE);
  expect(await aborted(held.lost)).toBe('the lock of bank (context paris) is lost: its Lease is gone');
  await held[Symbol.asyncDispose]();
});

test('a run that cannot renew its Lease has lost it once others take it for dead, and not before', async () => {
  await using server = await FakeApiServer.start();
  const held = await holdSite(server.cluster(), 'run1', within(), { renewMs: 200, deadMs: 2_000 });
  const beganMs = performance.now();
  server.answer = () => 'cut';
  expect(await aborted(held.lost)).toMatch(
    /^the lock of bank .* is lost: it could not be renewed for \d+ s, and another/,
  );
  expect(performance.now() - beganMs).toBeGreaterThan(1_500);
  server.answer = () => null;
  await held[Symbol.asyncDispose]();
});

test('a run that gives its Lease back has not lost it', async () => {
  await using server = await FakeApiServer.start();
  const held = await holdSite(server.cluster(), 'run1', within(), FAST);
  await held[Symbol.asyncDispose]();
  expect(held.lost.aborted).toBe(false);
});
