import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { snapshotsIn } from './backups/snapshot-store.ts';
import type { Classes, ComponentKind, Placed, StartCommand } from './component-kind.ts';
import { addressOf } from './config.ts';
import { jvmOptions } from './jvm.ts';
import { nodesOf } from './places.ts';

/** A node of a site's own cluster. */
export const opensearch: ComponentKind = {
  component: 'opensearch',
  runtime: 'java',
  version: '2.19.5',
  heap: (config) => config.opensearch.heap,
  modules: [],
  distribution: {
    home: 'opensearch-2.19.5',
    jars: (home) =>
      readdirSync(join(home, 'lib'))
        .filter((name) => name.endsWith('.jar'))
        .sort()
        .map((name) => join(home, 'lib', name)),
  },
  command: (placed, classes) => opensearchCommand(placed, classes),
};

function opensearchCommand(placed: Placed, { jars, home }: Classes): StartCommand {
  const { config, directory } = placed;
  const at = (name: string): string => join(directory, name);
  for (const name of ['tmp', 'config', 'plugins', 'logs']) mkdirSync(at(name), { recursive: true });
  // Its security manager lets it read its own home, and knows the distribution by what these are links to.
  for (const name of ['lib', 'modules'])
    if (home !== null && !existsSync(at(name))) symlinkSync(join(home, name), at(name));
  writeFileSync(at('config/opensearch.yml'), stringify(settings(placed)));
  writeFileSync(at('config/log4j2.properties'), LOG4J);
  return {
    directory,
    log: at('logs/opensearch.log'),
    args: [
      ...jvmOptions(config, config.opensearch.heap, directory),
      '-XX:MaxDirectMemorySize=128m',
      '-Djava.security.manager=allow',
      '-Djava.locale.providers=SPI,COMPAT',
      // Native access would tell it that it is root, in the namespaces of the platform, and it would refuse to start.
      '-Djna.nosys=true',
      '-Djna.nounpack=true',
      '-Djava.awt.headless=true',
      '-Dio.netty.noUnsafe=true',
      '-Dio.netty.noKeySetOptimization=true',
      '-Dio.netty.recycler.maxCapacityPerThread=0',
      '-Dio.netty.allocator.numDirectArenas=0',
      '-Dlog4j.shutdownHookEnabled=false',
      '-Dlog4j2.disable.jmx=true',
      '-Djava.util.concurrent.ForkJoinPool.common.threadFactory=org.opensearch.secure_sm.SecuredForkJoinWorkerThreadFactory',
      `-Dopensearch.path.home=${directory}`,
      `-Dopensearch.path.conf=${at('config')}`,
      '-Dopensearch.distribution.type=zip',
      '-Dopensearch.bundled_jdk=false',
      '-cp',
      jars.join(':'),
      'org.opensearch.bootstrap.OpenSearch',
    ],
  };
}

function isAlone({ config }: Placed): boolean {
  return nodesOf(config, 'opensearch').length === 1;
}

/** Every site has a loopback of its own. */
function insideAddress(node: number): string {
  return `127.0.0.${10 + node}`;
}

function nodeName({ config, site }: Placed, node: number): string {
  return `${config.sites[site]?.name}-${node}`;
}

function settings(placed: Placed): Readonly<Record<string, unknown>> {
  const { config, site, node, directory } = placed;
  const { httpPort, transportPort } = config.opensearch;
  const nodes = nodesOf(config, 'opensearch');
  return {
    // Each site's own: nothing goes from one to another.
    'cluster.name': `drill-${config.sites[site]?.name}`,
    'node.name': nodeName(placed, node),
    'path.data': join(directory, 'data'),
    'path.logs': join(directory, 'logs'),
    'path.repo': [snapshotsIn(dirname(directory))],
    'http.host': addressOf(config, site, node),
    // Nodes of a site reach each other inside it. Beyond loopback a cluster of several asks for more open files than a user may have, and for another collector.
    'transport.host': insideAddress(node),
    'http.port': httpPort,
    'transport.port': transportPort,
    'node.store.allow_mmap': false,
    'node.processors': 2,
    'bootstrap.system_call_filter': false,
    // How full the machine's disk is must not decide whether it takes writes.
    'cluster.routing.allocation.disk.threshold_enabled': false,
    // What is written to an index that is gone would make another one, without its mapping.
    'action.auto_create_index': false,
    ...(isAlone(placed)
      ? { 'discovery.type': 'single-node' }
      : {
          'discovery.seed_hosts': nodes.map((one) => `${insideAddress(one)}:${transportPort}`),
          'cluster.initial_cluster_manager_nodes': nodes.map((one) => nodeName(placed, one)),
        }),
  };
}

const LOG4J = `status = error
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = \${sys:opensearch.logs.base_path}/opensearch.log
appender.file.filePattern = \${sys:opensearch.logs.base_path}/opensearch.log.1
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{ISO8601} %-5p %c{1.} %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 20MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 1
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
`;
