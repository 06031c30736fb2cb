import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JvmCommand } from './jvm.ts';

/** One Pulsar cluster in one process: broker, bookie and metadata. */
export interface PulsarSettings {
  /** Its cluster's name: what other clusters replicate to. */
  readonly cluster: string;
  /** The address on which everything listens. */
  readonly address: string;
  /** HTTP: WebSocket and administration. */
  readonly webPort: number;
  /** Pulsar's own protocol: between brokers, and for native clients. */
  readonly brokerPort: number;
  readonly bookiePort: number;
  /** Such as 300m. */
  readonly heap: string;
}

/** What JDK 17 must open to Pulsar 4.0 (its own bin/pulsar). */
const OPENS = [
  'java.base/java.io',
  'java.base/java.util.zip',
  'java.management/sun.management',
  'jdk.management/com.sun.management.internal',
  'java.base/java.nio',
  'java.base/jdk.internal.misc',
  'java.base/jdk.internal.platform',
].flatMap((module) => ['--add-opens', `${module}=ALL-UNNAMED`]);

/** Writes the configuration of a cluster into `directory`, in which everything of it lives, and says how to start it. `options`: of the JVM, beside the heap. */
export function pulsarCommand(
  settings: PulsarSettings,
  home: string,
  directory: string,
  options: readonly string[] = [],
): JvmCommand {
  mkdirSync(join(directory, 'tmp'), { recursive: true });
  const at = (name: string): string => join(directory, name);
  const own = Object.entries(configuration(settings)).map(([key, value]) => `${key}=${value}\n`);
  // The distribution's file ends without a line end; the last value of a key holds.
  writeFileSync(at('standalone.conf'), `${readFileSync(join(home, 'conf/standalone.conf'), 'utf8')}\n${own.join('')}`);
  writeFileSync(at('log4j2.xml'), LOG4J);
  return {
    directory,
    log: at('pulsar.log'),
    args: [
      ...OPENS,
      `-Xms${settings.heap}`,
      `-Xmx${settings.heap}`,
      '-XX:MaxDirectMemorySize=256m',
      '-XX:+UseSerialGC',
      '-Xss512k',
      '-XX:+ExitOnOutOfMemoryError',
      '-XX:-UsePerfData',
      ...options,
      '-Djava.net.preferIPv4Stack=true',
      '-Dio.netty.tryReflectionSetAccessible=true',
      '-Dorg.apache.pulsar.shade.io.netty.tryReflectionSetAccessible=true',
      '-Dpulsar.allocator.exit_on_oom=true',
      '-Dio.netty.recycler.maxCapacityPerThread=1024',
      `-Dlog4j.configurationFile=${at('log4j2.xml')}`,
      '-Dlog4j2.is.webapp=false',
      `-Dpulsar.log.file=${at('pulsar.log')}`,
      '-DmetadataStoreUrl=',
      `-Djava.io.tmpdir=${at('tmp')}`,
      '-cp',
      `${join(home, 'conf')}:${join(home, 'lib')}/*`,
      'org.apache.pulsar.PulsarStandaloneStarter',
      ...['--config', at('standalone.conf')],
      ...['--no-functions-worker', '--no-stream-storage'],
      ...['--metadata-dir', at('metadata')],
      ...['--bookkeeper-dir', at('bookkeeper')],
      ...['--bookkeeper-port', String(settings.bookiePort)],
      ...['--advertised-address', settings.address],
    ],
  };
}

/** What is set otherwise than in the distribution: its place, and what it takes of a machine that many share. */
function configuration(settings: PulsarSettings): Readonly<Record<string, string | number | boolean>> {
  return {
    clusterName: settings.cluster,
    advertisedAddress: settings.address,
    bindAddress: settings.address,
    brokerServicePort: settings.brokerPort,
    webServicePort: settings.webPort,
    httpServerEnabled: false,
    prometheusStatsHttpPort: 0,
    webSocketServiceEnabled: true,
    systemTopicEnabled: true,
    topicLevelPoliciesEnabled: true,
    allowAutoTopicCreationType: 'non-partitioned',
    brokerDeleteInactiveTopicsEnabled: false,
    loadBalancerEnabled: false,
    managedLedgerDefaultEnsembleSize: 1,
    managedLedgerDefaultWriteQuorum: 1,
    managedLedgerDefaultAckQuorum: 1,
    // An acknowledged message is on disk, as on a cluster that is in earnest.
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
    // The disk is the machine's: how full it is has nothing to do with Pulsar.
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
