import type { Component, Endpoint } from '../platform.ts';
import { addressOf, type LocalConfig } from './config.ts';

/** Where clients reach a node of a site's component (both from 0): by its host name, on a platform that has names. */
export function endpointOf(config: LocalConfig, site: number, component: Component, node = 0): Endpoint {
  const port = component === 'cassandra' ? config.cassandra.cqlPort : config.janusgraph.port;
  const address = addressOf(config, site, node);
  const host = hostNameOf(config, site, component, node);
  return host === null ? { host: address, port } : { host, port, address };
}

function hostNameOf({ names, sites }: LocalConfig, site: number, component: Component, node: number): string | null {
  return names ? `${component}-${node}.${sites[site]?.name}.${names.domain}` : null;
}

/** Where every name server of the platform is: on the bridge, with an address that is neither a site's nor the clients'. */
export function nameServerOf(config: LocalConfig): string {
  const [a, b] = config.network.split('.');
  return `${a}.${b}.0.53`;
}

/** Every host name of a site with its address; empty where the platform has none. */
export function namesOf(config: LocalConfig, site: number): ReadonlyMap<string, string> {
  const nodes = Array.from({ length: config.nodesPerSite }, (_, node) => node);
  const endpoints = [
    ...nodes.map((node) => endpointOf(config, site, 'cassandra', node)),
    endpointOf(config, site, 'janusgraph'),
  ];
  return new Map(endpoints.flatMap(({ host, address }) => (address === undefined ? [] : [[host, address]])));
}
