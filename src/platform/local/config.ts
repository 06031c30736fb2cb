import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { InputError, PlatformError } from '../../errors.ts';
import { readGivenFile } from '../../given-file.ts';
import { FURTHER_COMPONENTS, type FurtherComponent, withNeeds } from '../components.ts';

const heap = z.string().regex(/^\d+m$/, 'megabytes such as 640m');
const port = z.int().min(1).max(65_535);
const name = z.string().regex(/^[a-z][a-z0-9-]{0,14}$/, 'a name of a-z, 0-9 and -, at most 15 long');

const configSchema = z.strictObject({
  /** `production`: nothing runs without ticket, approver and window. */
  environment: z.enum(['laboratory', 'development', 'test', 'staging', 'production']),
  sites: z
    .array(z.strictObject({ name, datacenter: z.string().regex(/^[a-z][a-z0-9-]*$/) }))
    .min(1)
    .max(9),
  nodesPerSite: z.int().min(1).max(5),
  network: z.string().regex(/^\d+\.\d+\.0\.0\/16$/, 'an IPv4 network such as 10.77.0.0/16'),
  jit: z.enum(['quick', 'peak']),
  /** Host names of the services, under this domain, and a name server for each site; absent: everything goes by address. */
  names: z
    .strictObject({
      domain: z
        .string()
        .max(100)
        .regex(/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/, 'a domain such as drill.internal'),
      /** How long an answer may be kept: databases do so, and the clients here do not. */
      ttlSeconds: z.int().min(1).max(3_600).default(5),
    })
    .optional(),
  /** `adjustable`: the wall clock of a site's processes can be set, through libfaketime. */
  clocks: z.enum(['machine', 'adjustable']).default('machine'),
  /** Each process in a cgroup of its own with these controllers, where this user may make them: its memory, what it takes of its disk, or its processor time can be limited then. */
  processGroups: z
    .array(z.enum(['memory', 'disk', 'cpu']))
    .max(3)
    .default([]),
  /** `medusa`: backups of Cassandra can be taken and restored. A run that starts a platform adds it where its scenarios need it. */
  backups: z.enum(['none', 'medusa']).default('none'),
  cassandra: z.strictObject({
    heap,
    cqlPort: port,
    storagePort: port,
    /** Where each node tells Prometheus of itself, if there is one. */
    metricsPort: port.default(7_070),
    /** The size of a file system of its own for each node's commit log, in memory; absent: the machine's own disk. */
    commitLogDisk: z
      .string()
      .regex(/^\d{2,4}m$/, 'megabytes such as 96m')
      .optional(),
  }),
  janusgraph: z.strictObject({
    heap,
    port,
    /** How many ids a server takes at once. */
    idBlockSize: z.int().min(10).max(1_000_000_000).default(1_000_000),
    /** What JanusGraph does for itself (ids, locks, settings): at its own site's quorum, or at that of all sites. */
    systemOperations: z.enum(['local', 'global']).default('local'),
    /** `site-tags`: each site's server takes ids of its own, which no other site's can take (conflict avoidance, LOCAL_MANUAL). */
    conflictAvoidance: z.enum(['none', 'site-tags']).default('none'),
  }),
  /** Beside the two: each site has its own of each of these. A run that starts a platform adds what its scenarios need. */
  components: z.array(z.enum(FURTHER_COMPONENTS)).max(FURTHER_COMPONENTS.length).default([]),
  opensearch: z
    .strictObject({
      heap: heap.default('256m'),
      /** Nodes of each site's cluster. */
      nodes: z.int().min(1).max(5).default(1),
      httpPort: port.default(9_200),
      transportPort: port.default(9_300),
    })
    .prefault({}),
  pulsar: z
    .strictObject({
      heap: heap.default('300m'),
      /** HTTP: WebSocket and administration. */
      webPort: port.default(8_080),
      /** Pulsar's own protocol: between clusters, and for native clients. */
      brokerPort: port.default(6_650),
      bookiePort: port.default(3_181),
    })
    .prefault({}),
  /** The Analytics API: HTTP in front of its site's JanusGraph. */
  api: z
    .strictObject({
      heap: heap.default('96m'),
      port: port.default(8_000),
      /** What each of its clients may ask in any minute. */
      requestsPerMinute: z.int().min(1).max(1_000_000).default(100),
      /** Clients that it knows: drill-1, drill-2 and so on, with one password. */
      clients: z.int().min(1).max(500).default(30),
    })
    .prefault({}),
  /** What consumes events from its site's Pulsar, and writes them into its site's JanusGraph. */
  consumer: z
    .strictObject({
      heap: heap.default('96m'),
      /** Where it says how it is. */
      port: port.default(8_001),
      /** Events of one transaction of the graph, at most. */
      batch: z.int().min(1).max(500).default(50),
    })
    .prefault({}),
  /** What tells Prometheus of a site's disks. */
  nodeExporter: z.strictObject({ port: port.default(9_100) }).prefault({}),
  redis: z
    .strictObject({
      port: port.default(6_379),
      /** How often its log reaches the disk: each second, or before each answer. */
      fsync: z.enum(['everysec', 'always']).default('everysec'),
    })
    .prefault({}),
  prometheus: z
    .strictObject({
      port: port.default(9_090),
      /** Alert rules of the platform's own, in the format of Prometheus, beside this file; absent: ours, which stand in for them. */
      rules: z.string().min(1).max(300).optional(),
      /** From one look at everything, and one evaluation of its rules, to the next. */
      scrapeSeconds: z.int().min(1).max(300).default(15),
    })
    .prefault({}),
  alertmanager: z
    .strictObject({
      port: port.default(9_093),
      /** Between Alertmanagers. */
      clusterPort: port.default(9_094),
      /** Outside the sites: where it notifies whoever is on call. */
      pagerPort: port.default(9_095),
      /** How long it waits for more of the same before it notifies. */
      groupWaitSeconds: z.int().min(0).max(300).default(10),
      /** And before it tells of a change, such as that it is over. */
      groupIntervalSeconds: z.int().min(1).max(3_600).default(60),
    })
    .prefault({}),
});
export type LocalConfig = z.infer<typeof configSchema>;

/**
 * The configuration of a platform that is up, which an older version may have started: what that did not know it does not have. Whoever comes with a newer
 * one must be able to heal it.
 */
export function ofRunning(
  said: Partial<LocalConfig> &
    Omit<
      LocalConfig,
      | 'processGroups'
      | 'backups'
      | 'components'
      | 'opensearch'
      | 'pulsar'
      | 'api'
      | 'consumer'
      | 'nodeExporter'
      | 'prometheus'
      | 'alertmanager'
      | 'redis'
    >,
): LocalConfig {
  const memory = 'memoryGroups' in said && said.memoryGroups === true;
  const whole = {
    ...said,
    cassandra: configSchema.shape.cassandra.parse(said.cassandra),
    processGroups: said.processGroups ?? (memory ? ['memory'] : []),
    backups: said.backups ?? 'none',
    components: said.components ?? formerly(said),
    opensearch: said.opensearch ?? configSchema.shape.opensearch.parse({}),
    pulsar: said.pulsar ?? configSchema.shape.pulsar.parse({}),
    api: said.api ?? configSchema.shape.api.parse({}),
    consumer: said.consumer ?? configSchema.shape.consumer.parse({}),
    nodeExporter: said.nodeExporter ?? configSchema.shape.nodeExporter.parse({}),
    prometheus: said.prometheus ?? configSchema.shape.prometheus.parse({}),
    alertmanager: said.alertmanager ?? configSchema.shape.alertmanager.parse({}),
    redis: said.redis ?? configSchema.shape.redis.parse({}),
  };
  // In the order of the schema, and without what it no longer knows: it is compared with what a file says.
  const known = Object.keys(configSchema.shape).filter((key) => Object.hasOwn(whole, key)) as (keyof LocalConfig)[];
  return Object.fromEntries(known.map((key) => [key, whole[key]])) as LocalConfig;
}

/** What they were called when all of them were stores. */
function formerly(said: object): LocalConfig['components'] {
  const stores = 'stores' in said && Array.isArray(said.stores) ? said.stores : [];
  return FURTHER_COMPONENTS.filter((one) => stores.includes(one));
}

/** The configuration that is used where none is given. */
export const DEFAULT_CONFIG = fileURLToPath(new URL('../../../clusters/local/platform.yaml', import.meta.url));

/** Reads a platform file; an InputError names each wrong place as file:line:column. */
export function loadLocalConfig(file: string = DEFAULT_CONFIG): LocalConfig {
  return parseLocalConfig(readGivenFile(file).toString('utf8'), file);
}

/** The same from a text; `file` is for its errors. */
export function parseLocalConfig(text: string, file: string): LocalConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [broken] = document.errors;
  if (broken) throw new InputError(`${at(broken.pos[0])}: ${broken.message.split('\n')[0]}`);
  const parsed = configSchema.safeParse(document.toJS({ maxAliasCount: 10 }));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const path = issue.path as (string | number)[];
      const node = document.getIn(path, true) ?? document.getIn(path.slice(0, -1), true) ?? document.contents;
      const offset = (node as { range?: [number, number, number] } | null)?.range?.[0] ?? 0;
      return `${at(offset)}: ${path.join('.') || 'the file'}: ${issue.message}`;
    });
    throw new InputError(problems.join('\n'));
  }
  const { components, prometheus } = parsed.data;
  if (new Set(components).size < components.length)
    throw new InputError(`${file}: components: one of them stands there twice`);
  const lacking = withNeeds(components).filter((one) => !components.includes(one));
  if (lacking.length > 0)
    throw new InputError(`${file}: components: expected ${lacking.join(', ')} as well, which others of them need`);
  if (prometheus.rules !== undefined) {
    prometheus.rules = resolve(dirname(file), prometheus.rules);
    if (!existsSync(prometheus.rules))
      throw new InputError(`${file}: prometheus.rules: there is no ${prometheus.rules}`);
  }
  const names = parsed.data.sites.flatMap((site) => [site.name, site.datacenter]);
  const twice =
    names.find((one, index) => names.indexOf(one) !== index) ?? (names.includes('outside') ? 'outside' : null);
  if (twice) throw new InputError(`${file}: sites: ${twice} cannot be used, or stands there twice`);
  return parsed.data;
}

/**
 * The same with these as well, in the order of `FURTHER_COMPONENTS`: what a platform is called the same by, whoever asked for them. A Prometheus has what it looks at
 * the machines by.
 */
export function withComponents(config: LocalConfig, wanted: readonly FurtherComponent[]): LocalConfig {
  const all = new Set([...config.components, ...wanted]);
  if (all.has('prometheus')) all.add('node-exporter');
  const components = FURTHER_COMPONENTS.filter((one) => all.has(one));
  return { ...config, components };
}

/** The number of a site, from 0; a PlatformError when there is none of this name. */
export function siteNumber({ sites }: LocalConfig, name: string): number {
  const index = sites.findIndex((site) => site.name === name);
  if (index >= 0) return index;
  throw new PlatformError(`no site ${name}; there is ${sites.map((site) => site.name).join(', ')}`);
}

/** Address of node `node` (from 0) of site `index` (from 0); with `index` -1 that of the clients outside. */
export function addressOf(config: LocalConfig, index: number, node = 0): string {
  const [a, b] = config.network.split('.');
  return index < 0 ? `${a}.${b}.0.1` : `${a}.${b}.${index + 1}.${10 + node}`;
}

/**
 * How much later than it asked a thread of a database may wake up. Cassandra's idle workers ask for 10 µs, over and over, after each request:
 * with the kernel's 50 µs this takes half of two cores that six JVMs share, and every latency with it.
 */
export const TIMER_SLACK_NS = 1_000_000;
