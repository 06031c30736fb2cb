import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Platform, Site } from '../../src/platform/platform.ts';
import { OUTSIDE_PEER } from '../../src/platform/platform.ts';

/** How much and how long. */
export interface Load {
  readonly rate: number;
  readonly warmUpS: number;
  readonly seconds: number;
}

/** A process that puts a load on a server: it says `begin` on a line of its own when its warm-up is over, and ends with one line of JSON. */
export interface Generator {
  readonly name: string;
  readonly command: (load: Load) => readonly string[];
  readonly env: (load: Load) => Readonly<Record<string, string>>;
}

/** Generators that do the same to the same server, and with whom they are compared. */
export interface Group {
  readonly title: string;
  /** Operations a second. */
  readonly rate: number;
  /** Ours first; the others are its peers. */
  readonly generators: readonly Generator[];
}

/** What the generators need to know. */
export interface Around {
  readonly platform: Platform;
  readonly site: Site;
  /** k6 with our extensions. */
  readonly k6: string;
  readonly java: string;
  /** Cassandra's own, in which its Java driver is. */
  readonly classPath: readonly string[];
}

/** The first account that `seed` writes. */
export const SEED = 'bench';
const ACCOUNT_KEY = `${SEED}/k6.graph.outside/0#from`;
const HERE = fileURLToPath(new URL('.', import.meta.url));
export const K6 = fileURLToPath(new URL('../../k6', import.meta.url));

export const GROUPS = ['echo', 'account', 'ledger', 'probes-graph'] as const;
export type GroupName = (typeof GROUPS)[number];

export function groupsOf(around: Around): Readonly<Record<GroupName, Group>> {
  const k6 = (name: string, script: string, env: Readonly<Record<string, string>> = {}): Generator =>
    k6Generator(around, name, join('bench', `${script}.ts`), env);
  const statement = (name: string): readonly Generator[] => [
    k6('k6/x/gremlin, bytecode over WebSocket', 'graph-bytecode', { STATEMENT: name }),
    k6('stock k6, script over HTTP POST', 'graph-http', { STATEMENT: name }),
    k6('k6/x/gremlin, script over WebSocket', 'graph-script', { STATEMENT: name }),
  ];
  return {
    echo: { title: '`g.inject(x)`, Gremlin', rate: 1000, generators: statement('echo') },
    account: {
      title: 'One account by its key, Gremlin',
      rate: 200,
      generators: statement('account'),
    },
    ledger: {
      title: 'The ledger’s writes and reads in turns, CQL',
      rate: 1000,
      generators: [
        k6('k6/x/cql', 'service', { TARGET: 'ledger' }),
        javaPeer(around),
        nodePeer(around, 'cql'),
        probe('cql'),
      ],
    },
    'probes-graph': {
      title: 'The graph’s writes and reads in turns, Gremlin',
      rate: 100,
      generators: [k6('k6/x/gremlin', 'service', { TARGET: 'graph' }), nodePeer(around, 'gremlin'), probe('gremlin')],
    },
  };
}

/** `script` from k6/, in the place of the platform's clients. */
export function k6Generator(
  { platform, site, k6 }: Around,
  name: string,
  script: string,
  env: Readonly<Record<string, string>>,
): Generator {
  const [cassandra, janusgraph] = [site.endpoints.cassandra[0], site.endpoints.janusgraph[0]];
  return {
    name,
    command: () => [
      ...[...platform.place(OUTSIDE_PEER), k6, 'run', '--quiet', '--log-format', 'raw', join(K6, script)],
    ],
    env: ({ rate, warmUpS, seconds }) => ({
      K6_AUTO_EXTENSION_RESOLUTION: 'false',
      K6_NO_USAGE_REPORT: 'true',
      CQL_HOSTS: `${cassandra?.host}:${cassandra?.port}`,
      CQL_DATACENTER: site.datacenter,
      CQL_REPLICATION: `${site.datacenter}:1`,
      GREMLIN_URL: `ws://${janusgraph?.host}:${janusgraph?.port}/gremlin`,
      TEXT: ACCOUNT_KEY,
      RATE: String(rate),
      WARM_UP: `${warmUpS}s`,
      DURATION: `${seconds}s`,
      ...env,
    }),
  };
}

/** Cassandra's Java driver, with nothing around it: cassandra-stress is built on it. */
function javaPeer({ platform, site, java, classPath }: Around): Generator {
  const [endpoint] = site.endpoints.cassandra;
  return {
    name: 'Java driver 3, nothing around it',
    command: ({ rate, warmUpS, seconds }) => [
      ...[...platform.place(OUTSIDE_PEER), java, '-Xmx512m', '--class-path', classPath.join(':')],
      ...[join(HERE, 'LedgerPeer.java'), `${endpoint?.host}`, `${endpoint?.port}`, site.datacenter],
      ...[rate, warmUpS, seconds].map(String),
    ],
    env: () => ({}),
  };
}

function nodePeer({ platform, site }: Around, which: 'cql' | 'gremlin'): Generator {
  const [endpoint] = site.endpoints[which === 'cql' ? 'cassandra' : 'janusgraph'];
  return {
    name: `Node driver (${which === 'cql' ? 'cassandra-driver' : 'gremlin'}), nothing around it`,
    command: ({ rate, warmUpS, seconds }) => [
      ...[...platform.place(OUTSIDE_PEER), process.execPath, join(HERE, '../naive-client.ts'), which],
      ...[`${endpoint?.host}`, `${endpoint?.port}`, site.datacenter, ...[rate, seconds, warmUpS].map(String)],
    ],
    env: () => ({}),
  };
}

/** The rate is its scenario's: bench/bench-cql.yaml, bench-gremlin.yaml. */
function probe(which: 'cql' | 'gremlin'): Generator {
  return {
    name: `the harness’s probe (${which}), its history on the disk included`,
    command: ({ warmUpS, seconds }) => [
      ...[process.execPath, join(HERE, 'probe-main.ts'), which],
      ...[warmUpS, seconds].map(String),
    ],
    env: () => ({}),
  };
}
