import { DATABASES, isFurther } from '../components.ts';
import type { Component, Endpoint } from '../platform.ts';
import { addressOf, type LocalConfig } from './config.ts';
import { nodesOf, portOf } from './places.ts';

/** Where clients reach a node of a site's component (both from 0): by its host name, on a platform that has names. Further components have none. */
export function endpointOf(config: LocalConfig, site: number, component: Component, node = 0): Endpoint {
  const port = portOf(config, component);
  const address = addressOf(config, site, node);
  const host = hostNameOf(config, site, component, node);
  return host === null ? { host: address, port } : { host, port, address };
}

function hostNameOf({ names, sites }: LocalConfig, site: number, component: Component, node: number): string | null {
  return names && !isFurther(component) ? `${component}-${node}.${sites[site]?.name}.${names.domain}` : null;
}

/** Where every name server of the platform is: on the bridge, with an address that is neither a site's nor the clients'. */
export function nameServerOf(config: LocalConfig): string {
  const [a, b] = config.network.split('.');
  return `${a}.${b}.0.53`;
}

/** Every host name of a site with its address; empty where the platform has none. */
export function namesOf(config: LocalConfig, site: number): ReadonlyMap<string, string> {
  const endpoints = DATABASES.flatMap((component) =>
    nodesOf(config, component).map((node) => endpointOf(config, site, component, node)),
  );
  return new Map(endpoints.flatMap(({ host, address }) => (address === undefined ? [] : [[host, address]])));
}
