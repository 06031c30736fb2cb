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
