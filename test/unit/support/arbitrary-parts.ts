import fc from 'fast-check';
import { type Objective, type Plan, SERVICE_PHASES } from '../../../src/scenario/plan.ts';
import { SITES } from './build-run.ts';
import type { SketchStage, SketchTimetable } from './sketch.ts';

export const settingsArbitrary: fc.Arbitrary<Plan['settings']> = fc.record({
  downAfter: fc.constantFrom(3, 2, 1),
  upAfter: fc.constantFrom(5, 3, 2),
  floor: fc.constantFrom(0.95, 0.9, 0.8, 0.7),
  sustain_us: fc.constantFrom(1_000_000, 2_000_000, 3_000_000),
  windowOperations: fc.constantFrom(10, 5, 8, 20),
});

export const sloArbitrary: fc.Arbitrary<SketchTimetable['slo']> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ quantile: 0.95, op: '<=' as const, target_us: 50_000 }) },
  { weight: 1, arbitrary: fc.constant({ quantile: 0.8, op: '<' as const, target_us: 60_000 }) },
  { weight: 1, arbitrary: fc.constant(null) },
);

const exceptions = fc.array(
  fc.record({
    key: fc.oneof({ weight: 3, arbitrary: fc.nat(30) }, { weight: 1, arbitrary: fc.nat(200) }),
    site: fc.nat(1),
    state: fc.constantFrom(
      ...(['absent', 'absent', 'unreadable', 'corrupt', 'partial', 'no-row', 'other-value', 'phantom'] as const),
    ),
  }),
  { maxLength: 5 },
);

function stage(name: SketchStage['stage'], sites: readonly string[], atUs: number): fc.Arbitrary<SketchStage | null> {
  const done = fc
    .record({
      exceptions,
      extras: fc.oneof(
        { weight: 5, arbitrary: fc.constant([]) },
        fc.array(fc.constantFrom('never' as const, 'failed' as const), { maxLength: 2 }),
      ),
    })
    .map((draw): SketchStage => ({ stage: name, sites, atUs, ...draw }));
  return fc.oneof({ weight: 8, arbitrary: done }, { weight: 1, arbitrary: fc.constant(null) });
}

/** At failover in London; after recovery and after repair at both sites. */
export function stagesArbitrary(atUs: number): fc.Arbitrary<SketchStage[]> {
  return fc
    .tuple(
      stage('at-failover', ['london'], atUs),
      stage('after-recovery', SITES, atUs + 1),
      stage('after-repair', SITES, atUs + 2),
    )
    .map((stages) => stages.filter((drawn) => drawn !== null));
}

const op = fc.constantFrom('<' as const, '<=' as const);
const target = fc.oneof(
  fc.constantFrom(1, 100_000, 500_000, 1_000_000, 2_000_000, 3_000_000, 10_000_000),
  fc.nat(6_000_000).map((us) => us + 1),
);
const quantile = fc.constantFrom(0.95, 0.5, 0.99, 0.07);

/** One of each kind, all at once: what they say does not depend on each other. */
export const objectivesArbitrary: fc.Arbitrary<Objective[]> = fc
  .record({
    ...{ op, rto: target, rpo: target, latency: fc.constantFrom(2_500, 50_000, 60_000, 2_999), quantile },
    more: fc.constantFrom('>' as const, '>=' as const),
    throughput: fc.constantFrom(1, 9, 9.8, 10, 19, 20, 30, 39, 99),
  })
  .map((draw): Objective[] => [
    { id: 'rto/ledger', metric: 'rto', service: 'ledger', op: draw.op, target_us: draw.rto },
    { id: 'rpo/all', metric: 'rpo', service: null, op: draw.op, target_us: draw.rpo },
    { id: 'rpo/ledger', metric: 'rpo', service: 'ledger', op: draw.op, target_us: draw.rpo },
    { id: 'no-loss', metric: 'rpo', service: null, op: '<=', target_us: 0 },
    ...SERVICE_PHASES.map((phase): Objective => {
      const { op, latency, quantile } = draw;
      return { id: `latency/${phase}`, metric: 'latency', service: 'ledger', quantile, phase, op, target_us: latency };
    }),
    ...SERVICE_PHASES.map((phase): Objective => {
      const { more, throughput } = draw;
      return { id: `throughput/${phase}`, metric: 'throughput', service: null, phase, op: more, target: throughput };
    }),
    { id: 'availability', metric: 'availability', service: 'ledger', target: 0.999, over_us: 3_600_000_000 },
  ]);
