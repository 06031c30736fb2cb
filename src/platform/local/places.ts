import { type Component, DATABASES } from '../components.ts';
import { addressOf, type LocalConfig } from './config.ts';

/** How many of a component a site has, and at which ports each listens: the one for clients first. */
interface Place {
  readonly nodes: number;
  readonly ports: readonly [number, ...number[]];
}

function placeOf(config: LocalConfig, component: Component): Place {
  const { nodesPerSite, cassandra, janusgraph, opensearch, pulsar, api, consumer, prometheus, alertmanager } = config;
  const places: Readonly<Record<Component, Place>> = {
    cassandra: { nodes: nodesPerSite, ports: [cassandra.cqlPort, cassandra.storagePort] },
    janusgraph: { nodes: 1, ports: [janusgraph.port] },
    opensearch: { nodes: opensearch.nodes, ports: [opensearch.httpPort, opensearch.transportPort] },
    pulsar: { nodes: 1, ports: [pulsar.webPort, pulsar.brokerPort, pulsar.bookiePort] },
    api: { nodes: 1, ports: [api.port] },
    consumer: { nodes: 1, ports: [consumer.port] },
    'node-exporter': { nodes: 1, ports: [config.nodeExporter.port] },
    prometheus: { nodes: 1, ports: [prometheus.port] },
    alertmanager: { nodes: 1, ports: [alertmanager.port, alertmanager.clusterPort] },
    redis: { nodes: 1, ports: [config.redis.port] },
  };
  return places[component];
}

/** What runs in every site, in the order in which it starts. */
export function componentsIn({ components }: LocalConfig): readonly Component[] {
  return [...DATABASES, ...components];
}

/** The numbers of a component's nodes in a site, from 0; none where the platform has none of it. */
export function nodesOf(config: LocalConfig, component: Component): readonly number[] {
  const { nodes } = placeOf(config, component);
  return componentsIn(config).includes(component) ? Array.from({ length: nodes }, (_, node) => node) : [];
}

/** Where clients reach a component. */
export function portOf(config: LocalConfig, component: Component): number {
  return placeOf(config, component).ports[0];
}

export function portsOf(config: LocalConfig, component: Component): readonly number[] {
  return placeOf(config, component).ports;
}

/** Every address of a site: nodes of the same number share one, whatever they are. */
export function addressesIn(config: LocalConfig, site: number): readonly string[] {
  const most = Math.max(...componentsIn(config).map((component) => nodesOf(config, component).length));
  return Array.from({ length: most }, (_, node) => addressOf(config, site, node));
}
