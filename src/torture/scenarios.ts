import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The faults that are tortured, as a scenario's timeline has them: every kind, and two at once. */
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
  'partition-and-loss': [
    'type: partition-site, site: paris, from: all, clients: kept',
    'type: site-loss, site: paris, disaster: true',
  ],
};

/** The faults that only some platforms can have, by name. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  'clock-skew': ['type: clock-skew, site: paris, offset: +60s'],
};

export const FAULT_NAMES: readonly string[] = Object.keys(FAULTS);

/** How long a fault is held at least: what it does to the ledger has been read back by then. */
const HELD_S = 12;

/** Writes a scenario for a fault, as short as one can be that begins from a steady state, and returns its file. */
export function writeScenario(directory: string, name: string): string {
  const faults = FAULTS[name] ?? ELSEWHERE[name];
  if (!faults) throw new Error(`no fault ${name} to torture; there is ${FAULT_NAMES.join(', ')}`);
  const timeline = faults.map(
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
siteProbes: { rate: 5/s }
settings: { windowOperations: 100, sustain: 1s }
steadyState: { for: 6s }
timeline:
${timeline.join('')}recovery: { repair: false, hints: 1s, after: 1s, failback: false }
readBack: { infoSettle: 1s }
canary: { outage: 300ms, deleted: 1 }
objectives: { rto: 30m }
`,
  );
  return file;
}
