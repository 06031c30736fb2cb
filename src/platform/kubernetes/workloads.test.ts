import type { V1Pod, V1StatefulSet } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { FakeApiServer } from './testing-api-server.ts';
import { nodesOf, restore, scaleToZero, workloadOf } from './workloads.ts';

const within = (): AbortSignal => AbortSignal.timeout(20_000);
const SET = '/apis/apps/v1/namespaces/bank/statefulsets/cassandra';
const BEFORE = 'drill.dev/replicas-before';

async function site(replicas: number): Promise<FakeApiServer> {
  const server = await FakeApiServer.start();
  server.graphSite();
  server.put(SET, { metadata: { labels: { app: 'cassandra' } }, spec: { replicas } });
  return server;
}

test('what is scaled to zero has on it what it had, and gets that back', async () => {
  await using server = await site(3);
  const cluster = server.cluster();
  await scaleToZero(cluster, 'cassandra', 0, within());
  expect(server.get(SET)?.spec.replicas).toBe(0);
  expect(server.get(SET)?.metadata.annotations).toEqual({ [BEFORE]: '3' });
  expect(server.list('/api/v1/namespaces/bank/pods').map(({ metadata }) => metadata.name)).toEqual(['janusgraph-0']);
  // Once more, as a request that arrived twice: the zero is not taken for what it had.
  await scaleToZero(cluster, 'cassandra', 0, within());
  expect(server.get(SET)?.metadata.annotations).toEqual({ [BEFORE]: '3' });
  for (let times = 0; times < 2; times += 1) {
    await restore(cluster, { name: 'cassandra', replicas: 3 }, within());
    expect(server.get(SET)?.spec.replicas).toBe(3);
    expect(server.get(SET)?.metadata.annotations).toEqual({});
  }
});

test('each pod is told to end with its grace, and only the one that was seen', async () => {
  await using server = await site(1);
  server.answer = (method, path) => (method === 'PATCH' && path === SET ? { status: 200 } : null);
  await scaleToZero(server.cluster(), 'cassandra', 30_000, within());
  expect(server.requests).toContain('DELETE /api/v1/namespaces/bank/pods/cassandra-0');
  expect(server.requests).not.toContain('DELETE /api/v1/namespaces/bank/pods/janusgraph-0');
});

test('a change in between is read anew, and a replica count that somebody else gave is left alone', async () => {
  await using server = await site(2);
  let conflicts = 2;
  server.answer = (method) => (method === 'PATCH' && conflicts-- > 0 ? { status: 409 } : null);
  await scaleToZero(server.cluster(), 'cassandra', 0, within());
  expect(server.get(SET)?.spec.replicas).toBe(0);
  server.put(SET, { metadata: { annotations: { [BEFORE]: '2' } }, spec: { replicas: 5 } });
  await restore(server.cluster(), { name: 'cassandra', replicas: 2 }, within());
  expect(server.get(SET)).toMatchObject({ spec: { replicas: 5 }, metadata: { annotations: {} } });
});

test('a pod that does not get ready is named with how many are', async () => {
  await using server = await site(2);
  await scaleToZero(server.cluster(), 'cassandra', 0, within());
  server.ready = false;
  await expect(
    restore(server.cluster(), { name: 'cassandra', replicas: 2 }, AbortSignal.timeout(1_500)),
  ).rejects.toThrow('cassandra (context paris): 0 of 2 pods are ready');
});

const set = (name: string, replicas: number, before?: string): V1StatefulSet =>
  ({ metadata: { name, annotations: before ? { [BEFORE]: before } : {} }, spec: { replicas } }) as never;
const pod = (name: string, ready: boolean, ending = false): V1Pod =>
  ({
    metadata: { name, ...(ending && { deletionTimestamp: new Date() }) },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  }) as never;

test('a state for each pod that there is, and for each that there should be', () => {
  const said = (sets: V1StatefulSet[], pods: V1Pod[]): string =>
    nodesOf('paris', 'cassandra', sets, pods)
      .map(({ state: { node, state } }) => `${node} ${state}`)
      .join(', ');
  expect(said([set('c', 3)], [pod('c-0', true), pod('c-1', false)])).toBe('0 ready, 1 running, 2 stopped');
  expect(said([set('c', 0, '2')], [])).toBe('0 stopped, 1 stopped');
  expect(said([set('c', 0, '1')], [pod('c-0', true, true)])).toBe('0 running');
  expect(said([set('c', 1)], [pod('c-0', true), pod('c-1', true), pod('other-0', true)])).toBe('0 ready, 1 ready');
  expect(said([set('a', 1), set('b', 2)], [pod('a-0', true), pod('b-1', true)])).toBe('0 ready, 1 stopped, 2 ready');
  expect(said([set('c', 0)], [])).toBe('');
});

test('what a StatefulSet had is what stands on it, where it is at zero and that makes sense', () => {
  expect(workloadOf(set('c', 0, '3')).replicas).toBe(3);
  // Left from another time: somebody has scaled it since.
  expect(workloadOf(set('c', 5, '3')).replicas).toBe(5);
  for (const nonsense of ['0', '-1', 'many', '1.5']) expect(workloadOf(set('c', 0, nonsense)).replicas).toBe(0);
});

test('an order to scale to zero that comes after the undo has begun is undone as well', async () => {
  await using server = await site(2);
  const cluster = server.cluster();
  await scaleToZero(cluster, 'cassandra', 0, within());
  server.ready = false;
  const restored = restore(cluster, { name: 'cassandra', replicas: 2 }, within());
  await expect.poll(() => server.get(SET)?.spec.replicas).toBe(2);
  server.put(SET, {
    metadata: { labels: { app: 'cassandra' }, annotations: { [BEFORE]: '2' } },
    spec: { replicas: 0 },
  });
  server.ready = true;
  await restored;
  expect(server.get(SET)?.spec.replicas).toBe(2);
});
