import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlatformError } from '../../errors.ts';
import type { Classes, ComponentKind, Placed, StartCommand } from './component-kind.ts';
import { addressOf } from './config.ts';
import { jvmOptions } from './jvm.ts';

/** What JDK 17 must open to Pulsar 4.0 (its own bin/pulsar). */
const MODULES = [
  'java.base/java.io',
  'java.base/java.util.zip',
  'java.management/sun.management',
  'jdk.management/com.sun.management.internal',
  'java.base/java.nio',
  'java.base/jdk.internal.misc',
  'java.base/jdk.internal.platform',
].flatMap((module) => ['--add-opens', `${module}=ALL-UNNAMED`]);

/** A site's own Pulsar: broker, bookie and metadata in one process. The clusters replicate to each other: see `pulsar-clusters.ts`. */
export const pulsar: ComponentKind = {
  component: 'pulsar',
  runtime: 'java',
  version: '4.0.8',
  heap: (config) => config.pulsar.heap,
  modules: MODULES,
  distribution: {
    home: 'apache-pulsar-4.0.8',
    jars: (home) =>
      readdirSync(join(home, 'lib'))
        .filter((name) => name.endsWith('.jar'))
        .sort()
        .map((name) => join(home, 'lib', name)),
  },
  command: (placed, classes) => pulsarCommand(placed, classes),
};

function pulsarCommand(placed: Placed, { jars, archive, home }: Classes): StartCommand {
  if (home === null) throw new PlatformError('Pulsar has no distribution');
  const { config, directory } = placed;
  mkdirSync(join(directory, 'tmp'), { recursive: true });
  const at = (name: string): string => join(directory, name);
  const own = Object.entries(settings(placed)).map(([key, value]) => `${key}=${value}\n`);
  // The distribution's file has no line end after its last line; the last value of a key holds.
  writeFileSync(at('standalone.conf'), `${readFileSync(join(home, 'conf/standalone.conf'), 'utf8')}\n${own.join('')}`);
  writeFileSync(at('log4j2.xml'), LOG4J);
  return {
    directory,
    log: at('pulsar.log'),
    args: [
      ...MODULES,
      ...archive,
      ...jvmOptions(config, config.pulsar.heap, directory),
      '-XX:MaxDirectMemorySize=256m',
      '-Djava.net.preferIPv4Stack=true',
      '-Dio.netty.tryReflectionSetAccessible=true',
      '-Dorg.apache.pulsar.shade.io.netty.tryReflectionSetAccessible=true',
      '-Dpulsar.allocator.exit_on_oom=true',
      '-Dio.netty.recycler.maxCapacityPerThread=1024',
      `-Dlog4j.configurationFile=${at('log4j2.xml')}`,
      '-Dlog4j2.is.webapp=false',
      `-Dpulsar.log.file=${at('pulsar.log')}`,
      '-DmetadataStoreUrl=',
      '-cp',
      [join(home, 'conf'), ...jars].join(':'),
      'org.apache.pulsar.PulsarStandaloneStarter',
      ...['--config', at('standalone.conf')],
      ...['--no-functions-worker', '--no-stream-storage'],
      ...['--metadata-dir', at('metadata')],
      ...['--bookkeeper-dir', at('bookkeeper')],
      ...['--bookkeeper-port', String(config.pulsar.bookiePort)],
      ...['--advertised-address', addressOf(config, placed.site, placed.node)],
    ],
  };
}

/** What is set otherwise than in the distribution: its place, and what it takes of a machine that many share. */
function settings({ config, site, node }: Placed): Readonly<Record<string, string | number | boolean | undefined>> {
  const address = addressOf(config, site, node);
  const { brokerPort, webPort } = config.pulsar;
  return {
    clusterName: config.sites[site]?.name,
    advertisedAddress: address,
    bindAddress: address,
    brokerServicePort: brokerPort,
    webServicePort: webPort,
    httpServerEnabled: false,
    prometheusStatsHttpPort: 0,
    webSocketServiceEnabled: true,
    systemTopicEnabled: true,
    topicLevelPoliciesEnabled: true,
    allowAutoTopicCreationType: 'non-partitioned',
    brokerDeleteInactiveTopicsEnabled: false,
    loadBalancerEnabled: false,
    brokerShutdownTimeoutMs: 5_000,
    managedLedgerDefaultEnsembleSize: 1,
    managedLedgerDefaultWriteQuorum: 1,
    managedLedgerDefaultAckQuorum: 1,
    // An acknowledged message is on the disk, as on a cluster that is in earnest.
    journalSyncData: true,
    // Thread pools that take half of the processors of a machine each.
    numIOThreads: 2,
    numHttpServerThreads: 8,
    numOrderedExecutorThreads: 2,
    numExecutorThreadPoolSize: 2,
    numCacheExecutorThreadPoolSize: 2,
    managedLedgerNumSchedulerThreads: 2,
    bookkeeperClientNumWorkerThreads: 2,
    webSocketNumIoThreads: 2,
    numAddWorkerThreads: 1,
    numReadWorkerThreads: 1,
    managedLedgerCacheSizeMB: 32,
    dbStorage_writeCacheMaxSizeMb: 16,
    dbStorage_readAheadCacheMaxSizeMb: 16,
    dbStorage_rocksDB_blockCacheSize: 16_777_216,
    journalMaxSizeMB: 64,
    journalPreAllocSizeMB: 1,
    // How full the machine's disk is must not decide whether it takes messages.
    diskUsageThreshold: 0.99,
    diskUsageWarnThreshold: 0.98,
    replicationPolicyCheckDurationSeconds: 5,
  };
}

const LOG4J = `<Configuration>
  <Appenders>
    <RollingFile name="F" fileName="\${sys:pulsar.log.file}" filePattern="\${sys:pulsar.log.file}.%i">
      <PatternLayout pattern="%d{ISO8601} %-5p [%t] %c{1} - %m%n"/>
      <Policies><SizeBasedTriggeringPolicy size="20MB"/></Policies>
      <DefaultRolloverStrategy max="1"/>
    </RollingFile>
  </Appenders>
  <Loggers><Root level="info"><AppenderRef ref="F"/></Root></Loggers>
</Configuration>
`;
