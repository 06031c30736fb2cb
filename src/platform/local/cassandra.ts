import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Classes, ComponentKind, Placed, StartCommand } from './component-kind.ts';
import { addressOf, type LocalConfig } from './config.ts';
import { jvmOptions } from './jvm.ts';

/** What JDK 17 must open to Cassandra 5.0 (its own jvm17-server.options). */
export const MODULES = [
  '--add-exports java.base/jdk.internal.misc=ALL-UNNAMED',
  '--add-exports java.base/jdk.internal.ref=ALL-UNNAMED',
  '--add-exports java.base/sun.nio.ch=ALL-UNNAMED',
  '--add-exports java.management.rmi/com.sun.jmx.remote.internal.rmi=ALL-UNNAMED',
  '--add-exports java.rmi/sun.rmi.registry=ALL-UNNAMED',
  '--add-exports java.rmi/sun.rmi.server=ALL-UNNAMED',
  '--add-exports java.sql/java.sql=ALL-UNNAMED',
  '--add-exports java.rmi/sun.rmi.transport.tcp=ALL-UNNAMED',
  ...[
    'java.base/java.lang.module',
    'java.base/jdk.internal.loader',
    'java.base/jdk.internal.ref',
    'java.base/jdk.internal.reflect',
    'java.base/jdk.internal.math',
    'java.base/jdk.internal.module',
    'java.base/jdk.internal.util.jar',
    'jdk.management/com.sun.management.internal',
    'java.base/sun.nio.ch',
    'java.base/java.io',
    'java.base/java.nio',
    'java.base/java.lang',
    'java.base/java.util',
    'java.base/java.util.concurrent',
    'java.base/java.util.concurrent.atomic',
    'java.base/java.lang.reflect',
  ].map((module) => `--add-opens ${module}=ALL-UNNAMED`),
].flatMap((option) => option.split(' '));

/** Address and port on which each node's JMX listens, inside its site. */
export const JMX_PORT = 7199;

/** Writes the configuration of one node into its directory and says how to start it. */
export function cassandraCommand(
  { config, site, node, directory }: Placed,
  { jars, archive, agent }: Classes,
): StartCommand {
  mkdirSync(join(directory, 'tmp'), { recursive: true });
  const at = (name: string): string => join(directory, name);
  writeFileSync(at('cassandra.yaml'), cassandraYaml(config, site, node, directory));
  writeFileSync(at('cassandra-rackdc.properties'), `dc=${config.sites[site]?.datacenter}\nrack=rack1\n`);
  writeFileSync(at('logback.xml'), LOGBACK);
  return {
    directory,
    log: at('system.log'),
    args: [
      ...MODULES,
      ...archive,
      ...(agent === undefined ? [] : [exporterOption(config, site, node, directory, agent)]),
      '-Djava.security.manager=allow',
      '-Djdk.attach.allowAttachSelf=true',
      ...jvmOptions(config, config.cassandra.heap, directory),
      `-Dcassandra.config=file://${at('cassandra.yaml')}`,
      `-Dcassandra-rackdc.properties=file://${at('cassandra-rackdc.properties')}`,
      `-Dlogback.configurationFile=file://${at('logback.xml')}`,
      `-Dcassandra.storagedir=${directory}`,
      `-Dcassandra.logdir=${directory}`,
      '-Dcassandra.skip_wait_for_gossip_to_settle=0',
      '-Dcassandra.ring_delay_ms=1000',
      '-Dcassandra.consistent.rangemovement=false',
      // Logins are not used, and the setup of the first one fails over and over while the others start.
      '-Dcassandra.superuser_setup_delay_ms=30000',
      // What it computes by itself at each start, in seven seconds of one core.
      '-Dcassandra.memtable.row_overhead_size=180',
      `-Dcassandra.jmx.local.port=${JMX_PORT + node}`,
      '-Dcassandra.available_processors=2',
      '-Dcassandra.set_sep_thread_name=false',
      '-cp',
      jars.join(':'),
      'org.apache.cassandra.service.CassandraDaemon',
    ],
  };
}

export const cassandra: ComponentKind = {
  component: 'cassandra',
  runtime: 'java',
  version: '5.0.6',
  heap: (config) => config.cassandra.heap,
  modules: MODULES,
  command: (placed, classes) => cassandraCommand(placed, classes),
};

/** Has the node tell Prometheus how many SSTables each table has, and how many compactions are due. */
function exporterOption(config: LocalConfig, site: number, node: number, directory: string, agent: string): string {
  const file = join(directory, 'jmx-exporter.yml');
  const metrics = 'org.apache.cassandra.metrics';
  writeFileSync(
    file,
    stringify({
      excludeJvmMetrics: true,
      includeObjectNames: [
        `${metrics}:type=Table,keyspace=*,scope=*,name=LiveSSTableCount`,
        `${metrics}:type=Compaction,name=PendingTasks`,
      ],
      rules: [
        {
          pattern: `${metrics}<type=Table, keyspace=(\\S+), scope=(\\S+), name=LiveSSTableCount><>Value`,
          name: 'cassandra_table_live_sstables',
          type: 'GAUGE',
          labels: { keyspace: '$1', table: '$2' },
        },
        {
          pattern: `${metrics}<type=Compaction, name=PendingTasks><>Value`,
          name: 'cassandra_compaction_pending_tasks',
          type: 'GAUGE',
        },
      ],
    }),
  );
  return `-javaagent:${agent}=${addressOf(config, site, node)}:${config.cassandra.metricsPort}:${file}`;
}

/** The configuration of a node whose files are in `directory`. */
export function cassandraYaml(config: LocalConfig, site: number, node: number, directory: string): string {
  const address = addressOf(config, site, node);
  const seeds = config.sites.map((_, index) => addressOf(config, index)).join(',');
  return stringify({
    cluster_name: 'drill',
    num_tokens: 1,
    // A new cluster has nothing to stream, and a node that wants to ends when it has heard of no seed within a second.
    auto_bootstrap: false,
    initial_token: tokenOf(config, site, node),
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    data_file_directories: [join(directory, 'data')],
    commitlog_directory: join(directory, 'commitlog'),
    hints_directory: join(directory, 'hints'),
    saved_caches_directory: join(directory, 'saved'),
    cdc_raw_directory: join(directory, 'cdc'),
    commitlog_sync: 'periodic',
    commitlog_sync_period: '10000ms',
    commitlog_segment_size: '16MiB',
    // A small disk is not to be full by itself: half of it, and the segment that comes next.
    ...(config.cassandra.commitLogDisk && {
      commitlog_total_space: `${Number.parseInt(config.cassandra.commitLogDisk, 10) / 2}MiB`,
    }),
    listen_address: address,
    rpc_address: address,
    native_transport_port: config.cassandra.cqlPort,
    storage_port: config.cassandra.storagePort,
    endpoint_snitch: 'GossipingPropertyFileSnitch',
    seed_provider: [{ class_name: 'org.apache.cassandra.locator.SimpleSeedProvider', parameters: [{ seeds }] }],
    concurrent_reads: 8,
    concurrent_writes: 8,
    concurrent_compactors: 1,
    auto_snapshot: false,
  });
}

/** Tokens evenly round the ring, a datacenter's beside another's. */
function tokenOf(config: LocalConfig, site: number, node: number): string {
  const nodes = BigInt(config.nodesPerSite);
  const step = 2n ** 64n / nodes;
  return String(-(2n ** 63n) + BigInt(node) * step + BigInt(site + 1) * 1_000n);
}

const LOGBACK = `<configuration>
  <appender name="F" class="ch.qos.logback.core.rolling.RollingFileAppender">
    <file>\${cassandra.logdir}/system.log</file>
    <rollingPolicy class="ch.qos.logback.core.rolling.FixedWindowRollingPolicy">
      <fileNamePattern>\${cassandra.logdir}/system.log.%i</fileNamePattern><minIndex>1</minIndex><maxIndex>1</maxIndex>
    </rollingPolicy>
    <triggeringPolicy class="ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy"><maxFileSize>20MB</maxFileSize></triggeringPolicy>
    <encoder><pattern>%-5level %date{ISO8601} %logger{30}:%line - %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="F"/></root>
</configuration>
`;
