import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { addressOf, type LocalConfig, loadLocalConfig, withComponents } from './config.ts';
import { linkClusters, makeEventTopics } from './pulsar-clusters.ts';

interface Order {
  readonly site: number;
  readonly what: string;
  readonly body: unknown;
}

/** Administrations of two sites on loopback; `answer`: with which status to the nth order of all. */
async function sitesThat(answer: (n: number) => number) {
  const orders: Order[] = [];
  const servers = [0, 1].map((site) =>
    createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      orders.push({ site, what: `${request.method} ${request.url}`, body: text === '' ? null : JSON.parse(text) });
      response.writeHead(answer(orders.length - 1)).end('said by the broker');
    }),
  );
  const config: LocalConfig = {
    ...withComponents(loadLocalConfig(), ['pulsar']),
    sites: ['paris', 'london'].map((name) => ({ name, datacenter: `${name}-dc` })),
    network: '127.54.0.0/16',
  };
  let port = 0;
  for (const [site, server] of servers.entries()) {
    server.listen(port, addressOf(config, site));
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  }
  return {
    config: { ...config, pulsar: { ...config.pulsar, webPort: port } },
    port,
    orders,
    async [Symbol.asyncDispose]() {
      for (const server of servers) server.closeAllConnections();
      for (const server of servers) server.close();
    },
  };
}

const soon = () => AbortSignal.timeout(20_000);

test('each site is told of every other, and its tenant may use them all', async () => {
  await using sites = await sitesThat(() => 204);
  await linkClusters(sites.config, soon());
  const { port } = sites;
  const peer = (address: string) => ({
    serviceUrl: `http://${address}:${port}`,
    brokerServiceUrl: `pulsar://${address}:6650`,
  });
  const tenant = { adminRoles: [], allowedClusters: ['paris', 'london'] };
  expect(sites.orders).toEqual([
    { site: 0, what: 'PUT /admin/v2/clusters/london', body: peer('127.54.2.10') },
    { site: 0, what: 'POST /admin/v2/tenants/public', body: tenant },
    { site: 1, what: 'PUT /admin/v2/clusters/paris', body: peer('127.54.1.10') },
    { site: 1, what: 'POST /admin/v2/tenants/public', body: tenant },
  ]);
});

test('a cluster that is known already is no error, and a broker that is not ready is asked again', async () => {
  await using sites = await sitesThat((n) => [409, 503, 204, 409, 204][n] ?? 500);
  await linkClusters(sites.config, soon());
  expect(sites.orders).toHaveLength(5);
});

test('each site has the topics of the platform’s events, with deduplication, and nothing of them goes to another', async () => {
  await using sites = await sitesThat(() => 204);
  await makeEventTopics(sites.config, soon());
  const of = (site: number, name: string) => [
    {
      site,
      what: 'PUT /admin/v2/namespaces/public/banking',
      body: { replication_clusters: [name], deduplicationEnabled: true },
    },
    { site, what: 'PUT /admin/v2/persistent/public/banking/transactions-events', body: null },
    { site, what: 'PUT /admin/v2/persistent/public/banking/dlq-events', body: null },
  ];
  expect(sites.orders).toEqual([...of(0, 'paris'), ...of(1, 'london')]);
});
