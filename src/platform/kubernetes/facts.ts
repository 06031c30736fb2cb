import { InputError, PlatformError } from '../../errors.ts';
import type { Component } from '../platform.ts';
import { type AbilityName, type Lack, OUTSIDE_PEER, type PlatformFacts } from '../platform.ts';
import type { GraphSite } from './graph-site.ts';
import { lackFor } from './keepers.ts';
import type { PlatformFile } from './platform-file.ts';
import { workloadOf } from './workloads.ts';

const NOT_YET: Lack = {
  why: 'the harness cannot do it on Kubernetes yet',
  help: 'the local platform has it: leave --platform out',
};
const MISSING = [
  'packets',
  'bandwidth',
  'pausing',
  'loops',
  'queries',
  'compaction',
  'disks',
  'storage',
  'netem',
  'names',
  'clocks',
  'memory',
  'diskSpeed',
  'cpu',
] as const satisfies readonly AbilityName[];

const REACHED: Readonly<Record<PlatformFile['reach'], string>> = {
  'node-port': 'a node port of the first ready node',
  'load-balancer': 'the load balancer of the Service',
  'cluster-ip': 'the address of the Service, by a route',
};

/** Reads what the clusters of a platform file are: touches nothing. PlatformErrors name what is not there, or not allowed. */
export async function kubernetesFacts(
  file: PlatformFile,
  sites: readonly GraphSite[],
  signal: AbortSignal,
): Promise<PlatformFacts> {
  await Promise.all(sites.map((site) => site.requireOptIn(signal)));
  const read = await Promise.all(sites.map((site) => readSite(site, signal)));
  const [{ nodes }] = read as [(typeof read)[number]];
  const other = read.find((one) => one.nodes !== nodes);
  if (other)
    throw new PlatformError(
      `expected as many nodes of Cassandra at each site, got ${read.map((one) => `${one.nodes} at ${one.site.name}`).join(', ')}`,
    );
  if (nodes !== 1 && file.reach !== 'cluster-ip')
    throw new InputError(
      `expected one node of Cassandra at each site where clients come through one address (reach: ${file.reach}), got ${nodes}: a driver goes to each node by its own address, which is not reached from here`,
    );
  const keepers = read.flatMap((one) => one.keepers);
  const lacking: Partial<Record<AbilityName, Lack>> = Object.fromEntries(MISSING.map((one) => [one, NOT_YET]));
  if (keepers.length > 0) lacking.processes = lackFor(keepers);
  const uncuttable = read.flatMap((one) => one.uncuttable);
  if (uncuttable.length > 0)
    lacking.network = {
      why: uncuttable.join('; '),
      help: 'networks: of each site in the platform file, and externalTrafficPolicy: Local of its Services',
    };
  return {
    name: file.name,
    environment: file.environment,
    sites: read.map(({ site }) => site),
    clientPlaces: [OUTSIDE_PEER],
    nodesPerSite: nodes,
    replicationFactor: file.replicationFactor,
    versions: { ...read[0]?.images },
    tuning: {
      Kubernetes: read.map(({ site, version }) => `${site.name} ${version}`).join(', '),
      restarter: 'Kubernetes: the controller of a StatefulSet, and the kubelet with its back-off',
      'clients outside': REACHED[file.reach],
      'a cut site':
        'by NetworkPolicies at both ends, shown by knocking; connections between sites that were there are not looked at',
      'a lost site': 'its pods are cut and then end; its nodes live on, and refuse what is for a Service without pods',
      'an abrupt end': 'SIGTERM, and SIGKILL after 1 s: the kubelet leaves a pod no less',
    },
    abilities: (['network', 'processes', 'restarts', 'nodetool'] as const).filter((ability) => !lacking[ability]),
    lacking,
  };
}

interface ReadSite {
  readonly site: PlatformFacts['sites'][number];
  /** Of Cassandra. */
  readonly nodes: number;
  readonly version: string;
  readonly images: Readonly<Partial<Record<Component, string>>>;
  readonly keepers: readonly string[];
  readonly uncuttable: readonly string[];
}

async function readSite(site: GraphSite, signal: AbortSignal): Promise<ReadSite> {
  const { cluster, file } = site;
  const [cassandra, janusgraph, endpoints, keepers, uncuttable, version] = await Promise.all([
    site.workloads('cassandra', signal),
    site.workloads('janusgraph', signal),
    site.endpoints(signal),
    site.keepers(signal),
    site.uncuttable(signal),
    cluster.ask('version', (options) => cluster.version.getCode({}, options), signal),
  ]);
  const objectsOf = (sets: typeof cassandra): readonly string[] =>
    sets.map((set) => `${cluster.context}/${cluster.namespace}/StatefulSet/${set.metadata?.name}`);
  const imageOf = (sets: typeof cassandra): string => sets[0]?.spec?.template?.spec?.containers[0]?.image ?? 'unknown';
  return {
    site: {
      name: file.name,
      datacenter: file.datacenter,
      endpoints,
      objects: { cassandra: objectsOf(cassandra), janusgraph: objectsOf(janusgraph) },
    },
    nodes: cassandra.reduce((sum, set) => sum + workloadOf(set).replicas, 0),
    version: version.gitVersion,
    images: { cassandra: imageOf(cassandra), janusgraph: imageOf(janusgraph) },
    keepers,
    uncuttable,
  };
}
