import { loadLocalConfig } from '../../src/platform/local/config.ts';

/** Every address and name of the laboratory, from the number of a cluster (from 1) and of a node (from 0). */

export interface Cluster {
  /** Of the site, and of its context. */
  readonly name: string;
  readonly datacenter: string;
  readonly number: number;
  readonly nodes: number;
}

export interface Node {
  readonly cluster: Cluster;
  readonly number: number;
}

export const API_PORT = 6443;
export const NAMESPACE = 'janusgraph-banking';

/** How the host and the clusters are joined: the two ends of one wire. */
export const WIRE = { host: 'drill-kube', hostAddress: '172.30.0.1', inside: 'uplink', address: '172.30.0.2' } as const;

/** Ports of every node at which the services of its cluster are reached from outside. */
export const NODE_PORTS = { cassandra: 30942, janusgraph: 30818 } as const;

/** The same sites as the local platform's. */
export function clustersOf(nodes: number): readonly Cluster[] {
  return loadLocalConfig().sites.map(({ name, datacenter }, index) => ({ name, datacenter, number: index + 1, nodes }));
}

export function nodesOf(cluster: Cluster): readonly Node[] {
  return Array.from({ length: cluster.nodes }, (_, number) => ({ cluster, number }));
}

export function nodeName({ cluster, number }: Node): string {
  return `${cluster.name}-${number}`;
}

export function nodeAddress({ cluster, number }: Node): string {
  return `172.30.${cluster.number}.${10 + number}`;
}

/** Of the bridge that a cluster's nodes share: their router, and where its API server listens. */
export function gateway({ number }: Cluster): string {
  return `172.30.${number}.1`;
}

export function apiServer(cluster: Cluster): string {
  return `https://${gateway(cluster)}:${API_PORT}`;
}

/** The first two bytes of the addresses of a cluster's pods. */
function podPrefix({ number }: Cluster): string {
  return `10.${40 + number}`;
}

export function podNetwork(cluster: Cluster): string {
  return `${podPrefix(cluster)}.0.0/16`;
}

/** Of the pods of one node. */
export function nodePods({ cluster, number }: Node): string {
  return `${podPrefix(cluster)}.${number}.0/24`;
}

export function servicePrefix({ number }: Cluster): string {
  return `10.${90 + number}`;
}

export function serviceNetwork(cluster: Cluster): string {
  return `${servicePrefix(cluster)}.0.0/16`;
}

/** Fixed addresses of services, so that no name server is needed. `gossip` also leads to a Cassandra that does not serve yet. */
export function serviceAddress(
  cluster: Cluster,
  service: 'kubernetes' | 'cassandra' | 'gossip' | 'janusgraph',
): string {
  const last = { kubernetes: '0.1', cassandra: '0.42', gossip: '0.70', janusgraph: '0.82' }[service];
  return `${servicePrefix(cluster)}.${last}`;
}
