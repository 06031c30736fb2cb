import type { V1Service, V1ServicePort } from '@kubernetes/client-node';
import { InputError, PlatformError } from '../../errors.ts';
import type { Endpoint } from '../platform.ts';
import type { Cluster } from './cluster.ts';
import type { ComponentFile, PlatformFile } from './platform-file.ts';

type Reach = PlatformFile['reach'];

/** Where clients outside reach a component of a site: an address that stays when its pods come and go. PlatformErrors say why there is none. */
export async function endpointOf(
  cluster: Cluster,
  { service: name, port: wanted }: Pick<ComponentFile, 'service' | 'port'>,
  reach: Reach,
  signal: AbortSignal,
): Promise<Endpoint> {
  const place = placeOf(cluster, name);
  const service = await readService(cluster, name, signal);
  const port = (service.spec?.ports ?? []).find((one) => one.port === wanted || one.name === wanted);
  if (!port) {
    const known = (service.spec?.ports ?? []).map((one) => [one.name, one.port].filter(Boolean).join(' '));
    throw new InputError(`${place}: expected a port ${wanted}, got ${known.join(', ') || 'none'}`);
  }
  return ADDRESS[reach]({ service, port, place, cluster, signal });
}

function placeOf({ namespace, context }: Cluster, service: string): string {
  return `Service ${service} of ${namespace} (context ${context})`;
}

function readService(cluster: Cluster, name: string, signal: AbortSignal): Promise<V1Service> {
  const { namespace } = cluster;
  return cluster.ask(
    placeOf(cluster, name),
    (options) => cluster.core.readNamespacedService({ name, namespace }, options),
    signal,
  );
}

/** Why clients outside cannot be cut from a component by a NetworkPolicy: what comes through its Service has lost its own address. Null: it has not. */
export async function maskedBy(
  cluster: Cluster,
  { service: name }: Pick<ComponentFile, 'service'>,
  reach: Reach,
  signal: AbortSignal,
): Promise<string | null> {
  const masked = 'so that clients outside come with the address of a node, and no NetworkPolicy tells them apart';
  if (reach === 'cluster-ip') return `${placeOf(cluster, name)} is reached by a route to its own address, ${masked}`;
  const { spec } = await readService(cluster, name, signal);
  if (spec?.externalTrafficPolicy === 'Local') return null;
  return `${placeOf(cluster, name)} has externalTrafficPolicy Cluster, ${masked}`;
}

interface Found {
  readonly service: V1Service;
  readonly port: V1ServicePort;
  readonly place: string;
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
}

const ADDRESS: Readonly<Record<Reach, (found: Found) => Endpoint | Promise<Endpoint>>> = {
  'cluster-ip': ({ service, port, place }) => {
    const host = service.spec?.clusterIP ?? 'None';
    if (host !== 'None') return { host, port: port.port };
    throw new PlatformError(`${place} is headless: it has no address that stays`, {
      hint: 'give the Service that clients use',
    });
  },
  'load-balancer': ({ service, port, place }) => {
    const [ingress] = service.status?.loadBalancer?.ingress ?? [];
    const host = ingress?.ip ?? ingress?.hostname;
    if (host !== undefined) return { host, port: port.port };
    throw new PlatformError(`${place} has no load balancer that has an address`, {
      hint: 'reach: node-port, or cluster-ip where there is a route to it',
    });
  },
  'node-port': async ({ port, place, cluster, signal }) => {
    if (port.nodePort === undefined)
      throw new PlatformError(`${place} has no node port for its port ${port.port}`, {
        hint: 'make it a Service of type NodePort, or say reach: load-balancer or cluster-ip',
      });
    return { host: await nodeAddress(cluster, signal), port: port.nodePort };
  },
};

/** Every node forwards a node port; the first that is ready, by name, so that each run takes the same. */
async function nodeAddress(cluster: Cluster, signal: AbortSignal): Promise<string> {
  const { items } = await cluster.ask('nodes', (options) => cluster.core.listNode({}, options), signal);
  const ready = items
    .filter(({ status }) => (status?.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True'))
    .toSorted((a, b) => (a.metadata?.name ?? '').localeCompare(b.metadata?.name ?? ''));
  for (const { status } of ready) {
    const addresses = status?.addresses ?? [];
    const of = (type: string) => addresses.find((one) => one.type === type)?.address;
    const found = of('ExternalIP') ?? of('InternalIP');
    if (found !== undefined) return found;
  }
  throw new PlatformError(`no node of the context ${cluster.context} is ready`);
}
