import type { Load, LoadPhase } from '../check/load-schema.ts';

/** What k6 made of a load that dropped nothing: a phase that was not reached, one in which nothing of the machine is known, and two whole ones. */
export function exampleLoad(): Load {
  const usage = {
    cores: 2,
    busy: 0.97,
    by: { cassandra: 0.91, janusgraph: 0.62, generator: 0.2, 'everything else': 0.21 },
  };
  const phase = (name: LoadPhase['phase'], operations: number, ok: number): LoadPhase => {
    const throughput = operations === 0 ? null : (1050 * ok) / operations;
    return { phase: name, operations, ok, notSent: 0, throughput, usage: name === 'failed-over' ? null : usage };
  };
  return {
    generator: 'k6',
    services: ['ledger-load', 'graph-load'],
    offered: 1050,
    dropped: 0,
    phases: [
      phase('before', 47_250, 47_250),
      phase('outage', 2_231, 14),
      phase('failed-over', 42_000, 41_870),
      phase('after', 0, 0),
    ],
  };
}
