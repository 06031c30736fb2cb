import { z } from 'zod';
import { FAULTS } from '../faults/registry.ts';
import type { PlatformFacts } from '../platform/platform.ts';
import type { LoadedScenario } from './load.ts';
import { parseScenario } from './parse.ts';
import { formatProblem } from './problem.ts';
import type { KnownProbe, Registries } from './schema.ts';

/** For tests: probes as small as can be, beside the real faults. */
const cql: KnownProbe = {
  probe: 'cql',
  summary: 'writes and reads rows',
  component: 'cassandra',
  load: true,
  params: z.strictObject({
    consistency: z
      .enum(['ONE', 'LOCAL_ONE', 'LOCAL_QUORUM', 'QUORUM'])
      .default('LOCAL_QUORUM')
      .describe('Of reads and writes.'),
  }),
  settings: ({ site, timeoutUs, params }) => ({
    contact: site.name,
    timeout_us: timeoutUs,
    consistency: params.consistency,
  }),
};
const gremlin: KnownProbe = {
  probe: 'gremlin',
  summary: 'writes and reads transactions',
  component: 'janusgraph',
  load: true,
  params: z.strictObject({}),
  settings: ({ site }) => ({ contact: site.name }),
};

const { load: __, ...graph } = gremlin;
const transfers: KnownProbe = {
  ...graph,
  probe: 'transfers',
  params: z.strictObject({ purses: z.int().default(40), first: z.int().default(0) }),
};

const { load: _, ...rows } = cql;
const register: KnownProbe = {
  ...rows,
  probe: 'register',
  summary: 'overwrites registers',
  params: cql.params.extend({ registers: z.int().min(1).default(16).describe('How many.') }),
};

export const REGISTRIES: Registries = {
  probes: new Map([
    ['cql', cql],
    ['gremlin', gremlin],
    ['register', register],
    ['transfers', transfers],
  ]),
  faults: FAULTS,
};

const site = (name: string, i: number) => ({
  name,
  datacenter: `${name}-dc`,
  endpoints: { cassandra: [{ host: `10.0.${i}.1`, port: 9042 }], janusgraph: [{ host: `10.0.${i}.1`, port: 8182 }] },
});

/** For tests: three sites with everything. */
export const PLATFORM: PlatformFacts = {
  name: 'fake',
  environment: 'laboratory',
  sites: ['paris', 'london', 'frankfurt'].map(site),
  nodesPerSite: 1,
  replicationFactor: 1,
  versions: { cassandra: '5.0.6' },
  tuning: { heap: 'cassandra 640m' },
  abilities: [
    'network',
    'packets',
    'bandwidth',
    'processes',
    'pausing',
    'restarts',
    'loops',
    'nodetool',
    'disks',
    'netem',
    'storage',
    'names',
    'clocks',
    'queries',
    'compaction',
    'memory',
    'diskSpeed',
    'cpu',
    'backups',
    'data',
    'restoreTests',
  ],
};

/** For tests: a scenario that is right, with nothing in it that has a default. */
export const GOOD = `name: good
title: Paris is lost
hypothesis: London serves
services:
  ledger: { probe: cql, rate: 100/s, sites: [paris, london] }
  graph: { probe: gremlin, rate: 50/s, timeout: 5s, sites: [paris, london] }
timeline:
  - at: 10s
    fault: { type: site-loss, site: paris }
    for: 60s
objectives:
  rto: 30m
  rpo: 5m
  p95: { target: 100ms }
  availability: { target: 99.99% }
`;

/** For tests: everything that is wrong with this text, as people read it. */
export function problemsOf(
  text: string | Uint8Array,
  file = 'good.yaml',
  registries: Registries = REGISTRIES,
): readonly string[] {
  const parsed = parseScenario(typeof text === 'string' ? new TextEncoder().encode(text) : text, file, registries);
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

/** For tests: a scenario of this text, which must be right. */
export function loaded(text: string, registries: Registries = REGISTRIES): LoadedScenario {
  const bytes = new TextEncoder().encode(text);
  const parsed = parseScenario(bytes, 'good.yaml', registries);
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return { scenario: parsed.scenario, bytes, sha256: 'f'.repeat(64), file: 'good.yaml', positions: parsed.positions };
}

/** For tests: the good scenario with this timeline, an entry a line, and with more at its end. */
export function withTimeline(entries: readonly string[], also = 'guard: { lastSite: may be taken }\n'): string {
  const timeline = `timeline:\n${entries.map((entry) => `  - ${entry}\n`).join('')}`;
  return GOOD.replace(/timeline:[\s\S]*for: 60s\n/, timeline).concat(also);
}
