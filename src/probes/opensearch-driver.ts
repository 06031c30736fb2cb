import { Agent, type ClientRequest } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Client } from '@opensearch-project/opensearch';
import { PlatformError } from '../errors.ts';
import type { Endpoint } from '../platform/platform.ts';
import type { PlannedSite } from '../scenario/plan.ts';
import { AWAITED } from './awaited.ts';
import type { ProbeContext } from './probe.ts';
import { describeSecurity, loadSecurity } from './security.ts';

/** The client gives up on a silent socket a little before the operation's own deadline: it is it who then asks another node. */
const EARLIER_MS = 10;
/** Connections of one client to each node, at most: more than operations that are in flight when nothing answers. */
const SOCKETS = 1_024;

/** A client of one site's cluster, and how to be rid of it at once. */
export interface OpenedClient extends Disposable {
  readonly client: Client;
}

/** The client that people in Node use, set to retry nothing (for what is measured) and to look for no nodes that it was not told of. InputErrors of what its security names. */
export async function openClient(
  { site, timeoutUs, params }: Pick<ProbeContext, 'site' | 'timeoutUs' | 'params'>,
  retries = 0,
): Promise<OpenedClient> {
  const endpoints = site.endpoints.opensearch ?? [];
  if (endpoints.length === 0) throw new PlatformError(`${site.name} has no OpenSearch`);
  // Many modules, which only a run that asks for them waits for.
  const { Client, Connection } = await import('@opensearch-project/opensearch');
  /** Tells an error before which nothing could be sent: the client itself says the same of a lost SYN and of an answer that never came. */
  class TellingConnection extends Connection {
    override request(...[params, callback]: Parameters<InstanceType<typeof Connection>['request']>): ClientRequest {
      let connected = false;
      const request = super.request(params, (error, response) => {
        if (error !== null && !connected) Object.assign(error, { unsent: true });
        // It prints what goes wrong after the first of an answer, on the standard output, where rows of the record go.
        if (error === null) request.removeAllListeners('error').on('error', () => {});
        callback(error, response);
      });
      request.once('socket', (socket: Socket) => {
        if (!socket.connecting) connected = true;
        else socket.once('connect', () => (connected = true));
      });
      return request;
    }
  }
  const { tls, auth } = loadSecurity(params);
  const sockets = { keepAlive: true, keepAliveMsecs: 1_000, maxSockets: SOCKETS, maxFreeSockets: SOCKETS };
  const agent = tls ? new TlsAgent({ ...sockets, ...tls, rejectUnauthorized: true }) : new Agent(sockets);
  const client = new Client({
    nodes: endpoints.map((endpoint) => urlOf(endpoint, tls !== undefined)),
    Connection: TellingConnection,
    agent: () => agent,
    maxRetries: retries,
    requestTimeout: requestTimeoutMs(timeoutUs),
    sniffOnStart: false,
    sniffOnConnectionFault: false,
    sniffInterval: false,
    ...(auth && { auth }),
  });
  return {
    client,
    [Symbol.dispose]: () => {
      agent.destroy();
      void client.close().catch(() => {});
    },
  };
}

/** How the index of a site's cluster is laid: as many shards as nodes, so that the failure of any takes some away, and a second copy of each where there is a second node. */
export function layoutOf({ endpoints }: Pick<PlannedSite, 'endpoints'>): {
  readonly shards: number;
  readonly replicas: number;
} {
  const nodes = endpoints.opensearch?.length ?? 1;
  return { shards: nodes, replicas: Math.min(nodes - 1, 1) };
}

function indexText(site: PlannedSite): string {
  const { shards, replicas } = layoutOf(site);
  const copies = replicas === 0 ? 'one copy' : `${replicas + 1} copies`;
  return `${shards === 1 ? 'one shard' : `${shards} shards`}, ${copies} of each`;
}

function urlOf({ host, port }: Endpoint, tls: boolean): string {
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function requestTimeoutMs(timeoutUs: number): number {
  return Math.max(1, timeoutUs / 1000 - EARLIER_MS);
}

/** What the client is set to, for plan.json. */
export function opensearchSettings({
  site,
  timeoutUs,
  params,
}: Omit<ProbeContext, 'run'>): Readonly<Record<string, unknown>> {
  return {
    driver: '@opensearch-project/opensearch 3.9.0',
    index: indexText(site),
    contactPoints: (site.endpoints.opensearch ?? []).map(({ host, port }) => `${host}:${port}`),
    requestTimeoutMs: requestTimeoutMs(timeoutUs),
    retries: 0,
    ...(params.reads === 'search' && { read: `by a search, ${AWAITED}` }),
    sniffing: 'none',
    nodes: 'in turn; one that failed is asked again after 60 s, and at once where no other is left',
    connections: `kept open, at most ${SOCKETS}`,
    ...describeSecurity(params),
  };
}
