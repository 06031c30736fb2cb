import { chownSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { PlatformError } from '../../src/errors.ts';
import { answers } from '../../src/platform/health.ts';
import { cassandraYaml } from '../../src/platform/local/cassandra.ts';
import { type LocalConfig, loadLocalConfig } from '../../src/platform/local/config.ts';
import { settleGraph } from '../../src/platform/local/graph-settings.ts';
import { createGraphKeyspace } from '../../src/platform/local/keyspace.ts';
import { type Cluster, NAMESPACE, NODE_PORTS, nodeAddress, nodeName, nodesOf, serviceAddress } from './layout.ts';
import { kubeconfigFile, volumeDirectory } from './places.ts';
import { USER } from './rootfs.ts';
import { run } from './run.ts';

const SERVES_MS = 300_000;
const VOLUME = 'cassandra-0';

/** The clusters as the local platform knows sites: reached at the ports of their first nodes. */
function asSeenFromHost(): LocalConfig {
  const config = loadLocalConfig();
  return {
    ...config,
    network: '172.30.0.0/16',
    cassandra: { ...config.cassandra, cqlPort: NODE_PORTS.cassandra },
    janusgraph: { ...config.janusgraph, port: NODE_PORTS.janusgraph },
  };
}

/** Sets up the ring, then the graph, and returns when every site serves both to this host. */
export async function startWorkloads(
  clusters: readonly Cluster[],
  bin: string,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  const config = asSeenFromHost();
  const everywhere = (work: (cluster: Cluster) => Promise<void>): Promise<unknown> => Promise.all(clusters.map(work));
  await everywhere(async (cluster) => {
    makeVolume(cluster);
    await apply(cluster, clusters, bin, 'namespace');
    await apply(cluster, clusters, bin, 'healer');
    await apply(cluster, clusters, bin, 'cassandra');
  });
  await everywhere((cluster) => untilServing(cluster, 'cassandra', signal));
  say('Cassandra serves at every site');
  await createGraphKeyspace(config, signal);
  // One server makes the tables and the settings of the graph; two at once would each make their own.
  const [first, ...others] = clusters as [Cluster, ...Cluster[]];
  await apply(first, clusters, bin, 'janusgraph');
  await untilServing(first, 'janusgraph', signal);
  say(`JanusGraph serves in ${first.name}`);
  await settleGraph(config, AbortSignal.any([signal, AbortSignal.timeout(SERVES_MS)]));
  await Promise.all(others.map((cluster) => apply(cluster, clusters, bin, 'janusgraph')));
  await Promise.all(others.map((cluster) => untilServing(cluster, 'janusgraph', signal)));
  await everywhere(async (cluster) => {
    await kubectl(cluster, bin, ['wait', '--for=condition=Ready', 'pod', '--all', '--timeout=120s']);
  });
  say('JanusGraph serves at every site');
}

function makeVolume(cluster: Cluster): void {
  const directory = volumeOf(cluster);
  mkdirSync(directory, { recursive: true });
  chownSync(directory, USER, USER);
}

function volumeOf(cluster: Cluster): string {
  return volumeDirectory(nodeName({ cluster, number: 0 }), VOLUME);
}

async function apply(cluster: Cluster, clusters: readonly Cluster[], bin: string, name: string): Promise<void> {
  const template = readFileSync(fileURLToPath(new URL(`./manifests/${name}.yaml`, import.meta.url)), 'utf8');
  await kubectl(cluster, bin, ['apply', '-f', '-'], render(template, valuesOf(cluster, clusters)));
}

async function kubectl(cluster: Cluster, bin: string, args: readonly string[], stdin = ''): Promise<string> {
  const where = ['--kubeconfig', kubeconfigFile(), '--context', cluster.name, '-n', NAMESPACE];
  return run([join(bin, 'kubectl'), ...where, ...args], { stdin, timeout: 150_000 });
}

/** What differs from site to site in the manifests. */
function valuesOf(cluster: Cluster, clusters: readonly Cluster[]): Readonly<Record<string, string>> {
  const others = clusters.filter((other) => other !== cluster);
  const { initial_token } = parse(cassandraYaml(loadLocalConfig(), cluster.number - 1, 0, '')) as {
    initial_token: string;
  };
  return {
    SITE: cluster.name,
    DATACENTER: cluster.datacenter,
    TOKEN: initial_token,
    SEEDS: others.map((other) => serviceAddress(other, 'gossip')).join(','),
    CASSANDRA_ADDRESS: serviceAddress(cluster, 'cassandra'),
    GOSSIP_ADDRESS: serviceAddress(cluster, 'gossip'),
    JANUSGRAPH_ADDRESS: serviceAddress(cluster, 'janusgraph'),
    CASSANDRA_NODE_PORT: String(NODE_PORTS.cassandra),
    JANUSGRAPH_NODE_PORT: String(NODE_PORTS.janusgraph),
    NODE: nodeName({ cluster, number: 0 }),
    VOLUME: volumeOf(cluster),
  };
}

function render(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the manifest asks for ${name}, which no site has`);
    return value;
  });
}

/** Resolves when a database of a site answers at its port on the first node. */
async function untilServing(
  cluster: Cluster,
  component: 'cassandra' | 'janusgraph',
  signal: AbortSignal,
): Promise<void> {
  const [node] = nodesOf(cluster);
  if (!node) return;
  const at = { host: nodeAddress(node), port: NODE_PORTS[component] };
  const limit = Date.now() + SERVES_MS;
  while (!(await answers(component, at, 5_000))) {
    if (Date.now() > limit) {
      throw new PlatformError(`${component} does not serve in ${cluster.name}`, {
        hint: `kubectl --context ${cluster.name} -n ${NAMESPACE} describe pods`,
      });
    }
    await sleep(200, undefined, { signal });
  }
}
