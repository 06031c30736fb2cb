import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ComponentKind, StartCommand } from './component-kind.ts';
import { addressOf, type LocalConfig } from './config.ts';
import { jvmOptions } from './jvm.ts';
import { endpointOf } from './names.ts';

/** The keyspace in which JanusGraph keeps its graph. It must be there before the first server starts. */
export const GRAPH_KEYSPACE = 'janusgraph';

/**
 * The exit code of a server that could not open its graph. By itself it would stay up without one for ever: this happens when a table that was
 * made a moment ago is not known to every node yet.
 */
export const WITHOUT_GRAPH = 42;

const INIT = `def globals = [:]
try {
  graph
} catch (MissingPropertyException missing) {
  System.err.println('there is no graph, so this server ends')
  Runtime.runtime.halt(${WITHOUT_GRAPH})
}
globals << [g: traversal().withEmbedded(graph)]
`;

/** How many requests a server evaluates at once. A blocked store must not use up every one. */
export const GREMLIN_WORKERS = 32;

/** Writes the configuration of a site's server into `directory` and says how to start it. */
export function janusgraphCommand(
  config: LocalConfig,
  site: number,
  directory: string,
  classPath: readonly string[],
  archive: readonly string[],
): StartCommand {
  mkdirSync(join(directory, 'tmp'), { recursive: true });
  const at = (name: string): string => join(directory, name);
  writeFileSync(at('graph.properties'), graphProperties(config, site));
  writeFileSync(at('server.yaml'), serverYaml(config, site, directory));
  writeFileSync(at('init.groovy'), INIT);
  return {
    directory,
    log: at('output.log'),
    args: [
      ...archive,
      ...jvmOptions(config, config.janusgraph.heap, directory),
      ...(config.names ? [`-Dsun.net.inetaddr.ttl=${config.names.ttlSeconds}`] : []),
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss,SSS',
      '-cp',
      classPath.join(':'),
      'org.janusgraph.graphdb.server.JanusGraphServer',
      at('server.yaml'),
    ],
  };
}

export const janusgraph: ComponentKind = {
  component: 'janusgraph',
  runtime: 'java',
  version: '1.1.0',
  heap: (config) => config.janusgraph.heap,
  modules: [],
  command: ({ config, site, directory }, { jars, archive }) =>
    janusgraphCommand(config, site, directory, jars, archive),
};

/** The settings with which a site's server opens its graph. */
export function graphProperties(config: LocalConfig, site: number): string {
  const hosts = Array.from(
    { length: config.nodesPerSite },
    (_, node) => endpointOf(config, site, 'cassandra', node).host,
  );
  const settings = {
    'gremlin.graph': 'org.janusgraph.core.JanusGraphFactory',
    'storage.backend': 'cql',
    'storage.hostname': hosts,
    'storage.port': config.cassandra.cqlPort,
    'storage.cql.keyspace': GRAPH_KEYSPACE,
    'storage.cql.local-datacenter': config.sites[site]?.datacenter,
    'storage.cql.read-consistency-level': 'LOCAL_QUORUM',
    'storage.cql.write-consistency-level': 'LOCAL_QUORUM',
    // A server that is started beside its store waits for it; later connections are made as ever.
    'storage.cql.internal.string-configuration': 'datastax-java-driver.advanced.reconnect-on-init=true',
    'storage.cql.only-use-local-consistency-for-system-operations': config.janusgraph.systemOperations === 'local',
    'graph.unique-instance-id': config.sites[site]?.name,
    'graph.replace-instance-if-exists': true,
    'cache.db-cache': false,
    // Few partitions and large blocks of ids: each new block costs an insert twice the authority's waiting time.
    'cluster.max-partitions': 4,
    'ids.num-partitions': 1,
    'ids.block-size': config.janusgraph.idBlockSize,
    ...(config.janusgraph.conflictAvoidance === 'site-tags' && {
      'ids.authority.conflict-avoidance-mode': 'LOCAL_MANUAL',
      'ids.authority.conflict-avoidance-tag': site,
    }),
  };
  // A list is a key that stands several times: a comma would be a part of its one value.
  return Object.entries(settings)
    .flatMap(([key, value]) => [value].flat().map((one) => `${key}=${one}\n`))
    .join('');
}

function serverYaml(config: LocalConfig, site: number, directory: string): string {
  const registries = { ioRegistries: ['org.janusgraph.graphdb.tinkerpop.JanusGraphIoRegistry'] };
  return stringify({
    host: addressOf(config, site),
    port: config.janusgraph.port,
    evaluationTimeout: 30_000,
    gremlinPool: GREMLIN_WORKERS,
    channelizer: 'org.apache.tinkerpop.gremlin.server.channel.WsAndHttpChannelizer',
    graphs: { graph: join(directory, 'graph.properties') },
    scriptEngines: {
      'gremlin-groovy': {
        plugins: {
          'org.janusgraph.graphdb.tinkerpop.plugin.JanusGraphGremlinPlugin': {},
          'org.apache.tinkerpop.gremlin.server.jsr223.GremlinServerGremlinPlugin': {},
          'org.apache.tinkerpop.gremlin.tinkergraph.jsr223.TinkerGraphGremlinPlugin': {},
          'org.apache.tinkerpop.gremlin.jsr223.ScriptFileGremlinPlugin': { files: [join(directory, 'init.groovy')] },
        },
      },
    },
    serializers: [
      { className: 'org.apache.tinkerpop.gremlin.util.ser.GraphBinaryMessageSerializerV1', config: registries },
      { className: 'org.apache.tinkerpop.gremlin.util.ser.GraphSONMessageSerializerV3', config: registries },
    ],
    metrics: {},
  });
}
