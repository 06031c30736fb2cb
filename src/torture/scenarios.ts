import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultType } from '../faults/registry.ts';
import type { PlatformFacts } from '../platform/platform.ts';

/** The faults that are tortured on a platform that can do all that its machine can, as a scenario's timeline has them: every kind, and two at once. */
const FAULTS: Readonly<Record<string, readonly string[]>> = {
  'site-loss': ['type: site-loss, site: paris'],
  'scale-graceful': ['type: scale-datacenter, site: paris, mode: graceful'],
  'scale-abrupt': ['type: scale-datacenter, site: paris, mode: abrupt'],
  partition: ['type: partition-site, site: paris, from: all, clients: cut'],
  firewall: ['type: firewall-block, site: paris, component: cassandra, answer: reset'],
  loss: ['type: packet-loss, site: paris, share: 30%'],
  'kill-graph': ['type: kill, site: paris, component: janusgraph'],
  'stop-store': ['type: stop, site: paris, component: cassandra'],
  pause: ['type: pause, site: paris'],
  restart: ['type: restart, site: paris, component: janusgraph, mode: abrupt'],
  'crash-loop': ['type: crash-loop, site: paris, component: janusgraph, serves: 1s'],
  starvation: ['type: cpu-starvation, site: paris, share: 10%'],
  rot: ['type: sstable-corruption, site: paris, places: 5'],
  bandwidth: ['type: bandwidth, site: paris, limit: 500kbit'],
  'runaway-queries': ['type: runaway-queries, site: paris, parallel: 8, work: waits'],
  'compaction-lag': ['type: compaction-lag, site: paris, flushEvery: 1s, sstables: 5'],
  'graph-damage': ['type: graph-damage, site: paris, what: half-edge, count: 5'],
  'dns-failure': ['type: dns-failure, site: paris, answer: silence'],
  'clock-skew': ['type: clock-skew, site: paris, offset: +60s'],
  memory: ['type: memory-pressure, site: paris, component: janusgraph, share: 70%'],
  'cpu-quota': ['type: cpu-quota, site: paris, cores: 0.1'],
  'slow-disk': ['type: slow-disk, site: paris, write: 8kB/s'],
  'partition-and-loss': [
    'type: partition-site, site: paris, from: all, clients: kept',
    'type: site-loss, site: paris, disaster: true',
  ],
};

/** Those that need commit logs on small disks in memory, where no disk of the machine could be slow. */
const ON_SMALL_DISKS: Readonly<Record<string, readonly string[]>> = {
  'disk-full': ['type: disk-full, site: paris'],
};

/** Every type of fault that is tortured. */
export function torturedTypes(): ReadonlySet<string> {
  const faults = Object.values({ ...FAULTS, ...ON_SMALL_DISKS }).flat();
  return new Set(faults.map((fault) => /^type: ([a-z-]+)/.exec(fault)?.[1] ?? ''));
}

export const FAULT_NAMES: readonly string[] = Object.keys(FAULTS);
export const SMALL_DISK_NAMES: readonly string[] = Object.keys(ON_SMALL_DISKS);

/** The names among these whose faults a platform is able to do. */
export function possible(names: readonly string[], { abilities }: Pick<PlatformFacts, 'abilities'>): readonly string[] {
  return names.filter((name) =>
    timelineOf(name).every((fault) => {
      const type = /^type: ([a-z-]+)/.exec(fault)?.[1] ?? '';
      return faultType(type).needs.every((ability) => abilities.includes(ability));
    }),
  );
}

function timelineOf(name: string): readonly string[] {
  const faults = FAULTS[name] ?? ON_SMALL_DISKS[name];
  if (faults) return faults;
  throw new Error(`no fault ${name} to torture; there is ${[...FAULT_NAMES, ...SMALL_DISK_NAMES].join(', ')}`);
}

/** How long a fault is held at least: what it does to the ledger has been read back by then. */
const HELD_S = 12;

/**
 * Writes a scenario for a fault, as short as one can be that begins from a steady state, and returns its file. `also`: further lines of it, such as what breaks
 * it off.
 */
export function writeScenario(directory: string, name: string, also = ''): string {
  // What is taken out of the graph must have been written into it.
  const graph =
    name === 'graph-damage' ? '  graph: { probe: gremlin, rate: 50/s, timeout: 2s, sites: [paris, london] }\n' : '';
  const timeline = timelineOf(name).map(
    (fault, index) => `  - { at: ${1 + 3 * index}s, for: ${HELD_S}s, fault: { ${fault} } }\n`,
  );
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `torture-${name}.yaml`);
  writeFileSync(
    file,
    `name: torture-${name}
title: The harness dies while this is in force
hypothesis: Nothing of it is left afterwards
services:
  ledger: { probe: cql, rate: 100/s, timeout: 1s, sites: [paris, london] }
${graph}siteProbes: { rate: 5/s }
settings: { windowOperations: 100, sustain: 1s }
steadyState: { for: ${graph === '' ? 6 : 12}s }
timeline:
${timeline.join('')}recovery: { repair: false, hints: 1s, after: 1s, failback: false }
readBack: { infoSettle: 1s }
canary: { outage: 300ms, deleted: 1 }
objectives: { rto: 30m }
${also}`,
  );
  return file;
}
