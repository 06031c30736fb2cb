import { expect, onTestFinished, test } from 'vitest';
import { kubernetesFacts } from './facts.ts';
import { GraphSite } from './graph-site.ts';
import type { PlatformFile } from './platform-file.ts';
import { FakeApiServer } from './testing-api-server.ts';

const within = (): AbortSignal => AbortSignal.timeout(20_000);
const SET = '/apis/apps/v1/namespaces/bank/statefulsets/cassandra';
const FILE: PlatformFile = {
  platform: 'kubernetes',
  name: 'kubernetes',
  environment: 'laboratory',
  replicationFactor: 1,
  reach: 'node-port',
  knock: ['knock'],
  components: {
    cassandra: { selector: 'app=cassandra', service: 'cassandra', port: 9042 },
    janusgraph: { selector: 'app=janusgraph', service: 'janusgraph', port: 8182 },
  },
  sites: [{ name: 'paris', datacenter: 'paris-dc', context: 'paris', namespace: 'bank', networks: [] }],
};

async function facts(prepare: (server: FakeApiServer) => void, file: Partial<PlatformFile> = {}) {
  const server = await FakeApiServer.start();
  onTestFinished(() => server[Symbol.asyncDispose]());
  server.graphSite();
  prepare(server);
  const all = { ...FILE, ...file };
  const sites = all.sites.map((site) => new GraphSite(site, server.cluster(site.context), all));
  return kubernetesFacts(all, sites, within());
}

test('a site is what its cluster says: endpoints, nodes, images, and what is struck', async () => {
  const { sites, ...rest } = await facts(() => {});
  expect(sites).toEqual([
    {
      name: 'paris',
      datacenter: 'paris-dc',
      endpoints: {
        cassandra: [{ host: '10.1.0.1', port: 30_942 }],
        janusgraph: [{ host: '10.1.0.1', port: 30_818 }],
      },
      objects: {
        cassandra: ['paris/bank/StatefulSet/cassandra'],
        janusgraph: ['paris/bank/StatefulSet/janusgraph'],
      },
    },
  ]);
  expect(rest).toMatchObject({
    nodesPerSite: 1,
    versions: { cassandra: 'cassandra:1', janusgraph: 'janusgraph:1' },
    abilities: ['processes', 'restarts', 'nodetool'],
    clientPlaces: ['outside'],
    tuning: { Kubernetes: 'paris v1.34.4' },
  });
});

test('nothing is struck in a namespace that has not opted in', async () => {
  const refused = facts((server) => server.put('/api/v1/namespaces/bank', { metadata: { labels: {} } }));
  await expect(refused).rejects.toMatchObject({
    message: 'the namespace bank (context paris) has not opted in: nothing in it is struck',
    hint: 'kubectl --context paris label namespace bank drill.dev/chaos=allowed',
  });
});

test('what an operator, an Argo CD or nobody keeps', async () => {
  const scaled = (metadata: object) =>
    facts((server) =>
      server.put(SET, { metadata: { labels: { app: 'cassandra' }, ...metadata }, spec: { replicas: 1 } as never }),
    );
  const operated = await scaled({ ownerReferences: [{ kind: 'CassandraDatacenter', name: 'dc1' }] });
  expect(operated.abilities).toEqual(['restarts', 'nodetool']);
  expect(operated.lacking?.processes?.why).toBe(
    'paris: StatefulSet cassandra belongs to CassandraDatacenter dc1, whose operator gives it its replicas back',
  );
  const synced = await scaled({
    annotations: { 'argocd.argoproj.io/tracking-id': 'graph:apps/StatefulSet:bank/cassandra' },
  });
  expect(synced.lacking?.processes?.why).toContain('Argo CD');
});

test('what cannot be reached from outside is refused with what would help', async () => {
  const path = '/api/v1/namespaces/bank/services/cassandra';
  const service = (spec: object, file: Partial<PlatformFile> = {}) =>
    facts((server) => server.put(path, { spec }), file);
  await expect(service({ ports: [{ port: 9042 }] })).rejects.toThrow('has no node port for its port 9042');
  await expect(service({ ports: [{ port: 9999 }] })).rejects.toThrow('expected a port 9042, got 9999');
  await expect(service({ clusterIP: 'None', ports: [{ port: 9042 }] }, { reach: 'cluster-ip' })).rejects.toThrow(
    'is headless',
  );
  await expect(service({ ports: [{ port: 9042 }] }, { reach: 'load-balancer' })).rejects.toThrow(
    'no load balancer that has an address',
  );
  await expect(facts((server) => server.put('/api/v1/nodes/node1', { status: {} }))).rejects.toThrow(
    'no node of the context paris is ready',
  );
  await expect(
    facts((server) => server.put(SET, { metadata: { labels: { app: 'cassandra' } }, spec: { replicas: 3 } })),
  ).rejects.toThrow(
    'expected one node of Cassandra at each site where clients come through one address (reach: node-port), got 3',
  );
  await expect(facts((server) => server.put(SET, { metadata: { labels: {} }, spec: { replicas: 1 } }))).rejects.toThrow(
    'no StatefulSet with app=cassandra in the namespace bank (context paris)',
  );
});
