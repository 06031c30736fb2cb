import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { cassandraCommand, MODULES } from '../../src/platform/local/cassandra.ts';
import type { StartCommand } from '../../src/platform/local/component-kind.ts';
import { loadLocalConfig } from '../../src/platform/local/config.ts';
import { janusgraphCommand } from '../../src/platform/local/janusgraph.ts';

/** What the local platform gives its databases, for a pod: `@NAME@` is what the pod knows only when it starts. */

/** Where the scripts that start them put what they render, and where the databases work. */
const HOMES = { cassandra: '/var/lib/cassandra', janusgraph: '/tmp/janusgraph' } as const;

export type Database = keyof typeof HOMES;
export const GRAPH_DATABASES = ['cassandra', 'janusgraph'] as const satisfies readonly Database[];

/** Text files by their paths in the image. `jars` are such paths too. */
export function graphFiles(jars: Readonly<Record<Database, readonly string[]>>): Readonly<Record<string, string>> {
  const config = loadLocalConfig();
  const cassandra = captured('cassandra', (directory) =>
    cassandraCommand(
      { config, site: 0, node: 0, directory },
      { jars: jars.cassandra, archive: archiveOptions('cassandra'), home: null },
    ),
  );
  const janusgraph = captured('janusgraph', (directory) =>
    janusgraphCommand(config, 0, directory, jars.janusgraph, archiveOptions('janusgraph')),
  );
  return {
    '/opt/cassandra/conf/cassandra.yaml': cassandraYaml(cassandra.files['cassandra.yaml']),
    '/opt/cassandra/conf/jvm.args': argumentFile(cassandra.args.map(toOurLogback)),
    '/opt/cassandra/conf/nodetool.args': argumentFile(nodetoolArguments(jars.cassandra)),
    '/opt/cassandra/conf/silent.xml': '<configuration><root level="OFF"/></configuration>\n',
    '/opt/janusgraph/conf/graph.properties': graphProperties(janusgraph.files['graph.properties']),
    '/opt/janusgraph/conf/server.yaml': stringify({ ...parse(janusgraph.files['server.yaml'] ?? ''), host: '0.0.0.0' }),
    '/opt/janusgraph/conf/init.groovy': janusgraph.files['init.groovy'] ?? '',
    '/opt/janusgraph/conf/jvm.args': argumentFile(janusgraph.args),
  };
}

/** Where the image has the classes that every JVM of a database shares. One that cannot use them goes without. */
export function archivePath(database: Database): string {
  return `/opt/${database}/classes.jsa`;
}

function archiveOptions(database: Database): readonly string[] {
  return ['-Xshare:auto', `-XX:SharedArchiveFile=${archivePath(database)}`];
}

/** What a command of the local platform says and writes, with a pod's directory instead of that in which it wrote. */
function captured(
  database: Database,
  make: (directory: string) => StartCommand,
): { args: readonly string[]; files: Readonly<Record<string, string>> } {
  const scratch = mkdtempSync(join(tmpdir(), 'drill-capture-'));
  const moved = (text: string): string => text.replaceAll(scratch, HOMES[database]);
  try {
    const args = make(scratch).args.map(moved);
    const names = readdirSync(scratch).filter((name) => statSync(join(scratch, name)).isFile());
    return {
      args,
      files: Object.fromEntries(names.map((name) => [name, moved(readFileSync(join(scratch, name), 'utf8'))])),
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function cassandraYaml(text = ''): string {
  return stringify({
    ...(parse(text) as Record<string, unknown>),
    initial_token: '@TOKEN@',
    listen_address: '@POD_IP@',
    rpc_address: '0.0.0.0',
    broadcast_rpc_address: '@POD_IP@',
    seed_provider: [
      {
        class_name: 'org.apache.cassandra.locator.SimpleSeedProvider',
        parameters: [{ seeds: '@POD_IP@,@SEEDS@' }],
      },
    ],
  });
}

function graphProperties(text = ''): string {
  const inPod: Readonly<Record<string, string>> = {
    'storage.hostname': '@HOST@',
    'storage.port': '@PORT@',
    'storage.cql.local-datacenter': '@DC@',
    'graph.unique-instance-id': '@SITE@',
  };
  return text.replaceAll(/^([^=\n]+)=(.*)$/gm, (line, key: string) => (key in inPod ? `${key}=${inPod[key]}` : line));
}

function toOurLogback(arg: string): string {
  return arg.startsWith('-Dlogback.') ? '-Dlogback.configurationFile=file:///opt/cassandra/conf/logback.xml' : arg;
}

function nodetoolArguments(jars: readonly string[]): readonly string[] {
  return [
    ...MODULES,
    '-Xmx128m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Xshare:auto',
    `-XX:SharedArchiveFile=${archivePath('cassandra')}`,
    '-XX:-UsePerfData',
    '-Duser.home=/tmp',
    '-Dlogback.configurationFile=file:///opt/cassandra/conf/silent.xml',
    '-cp',
    jars.join(':'),
    'org.apache.cassandra.tools.NodeTool',
  ];
}

/** One argument a line, as the launcher of Java reads a file after `@`. */
function argumentFile(args: readonly string[]): string {
  return args.map((arg) => `"${arg}"\n`).join('');
}
