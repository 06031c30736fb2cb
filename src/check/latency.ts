import { SERVICE_PHASES, type ServicePhase } from '../scenario/plan.ts';
import type { PhaseLatency } from './latency-schema.ts';
import { GAP, type Observed, OK, responseUs } from './operations.ts';
import { type PhaseSpan, phaseOf } from './phases.ts';
import { REPORTED_QUANTILES, ValueCounts } from './quantiles.ts';

/** Between two instants the harness itself was late. */
export interface StallSpan {
  readonly fromUs: number;
  readonly toUs: number;
}

/** The exact distributions of one phase. `calm` is `response` without the operations that a stall of the harness overlaps. */
export interface PhaseDistribution {
  operations: number;
  ok: number;
  /** That the harness could not send, gaps included. */
  notSent: number;
  readonly response: ValueCounts;
  readonly all: ValueCounts;
  readonly service: ValueCounts;
  readonly calm: ValueCounts;
}

export type Latencies = Readonly<Record<ServicePhase, PhaseDistribution>>;

/** The distributions of a timetable by phase (measurement.md, "Operations"). `quantiles`: asked for beside those that are reported. */
export function measureLatencies(
  observed: Observed,
  spans: readonly PhaseSpan[],
  quantiles: readonly number[],
  stalls: readonly StallSpan[],
): Latencies {
  const latencies = Object.fromEntries(SERVICE_PHASES.map((phase) => [phase, emptyPhase()])) as Record<
    ServicePhase,
    PhaseDistribution
  >;
  forEachInPhase(observed, spans, (position, phase) => {
    const distribution = latencies[phase];
    distribution.operations++;
    const outcome = observed.ops.outcome(position);
    if (outcome === OK) distribution.ok++;
    if (outcome === GAP || observed.ops.shed(position)) distribution.notSent++;
    visitValues(observed, position, stalls, (name, value) => distribution[name].add(value));
  });
  const asked = [...REPORTED_QUANTILES, ...quantiles];
  const unsettled = Object.values(latencies).flatMap(({ response, all, service, calm }) => [
    response,
    all,
    service,
    calm,
  ]);
  if (unsettled.filter((counts) => counts.prepare(asked)).length > 0) {
    forEachInPhase(observed, spans, (position, phase) => {
      visitValues(observed, position, stalls, (name, value) => latencies[phase][name].refine(value));
    });
  }
  return latencies;
}

export function describeLatencies(latencies: Latencies): Record<ServicePhase, PhaseLatency> {
  return Object.fromEntries(
    SERVICE_PHASES.map((phase) => {
      const { operations, ok, response, all, service } = latencies[phase];
      return [
        phase,
        { operations, ok, response: response.quantiles(), all: all.quantiles(), service: service.quantiles() },
      ];
    }),
  ) as Record<ServicePhase, PhaseLatency>;
}

function emptyPhase(): PhaseDistribution {
  return {
    operations: 0,
    ok: 0,
    notSent: 0,
    response: new ValueCounts(),
    all: new ValueCounts(),
    service: new ValueCounts(),
    calm: new ValueCounts(),
  };
}

function forEachInPhase(
  observed: Observed,
  spans: readonly PhaseSpan[],
  visit: (at: number, phase: ServicePhase) => void,
): void {
  for (let position = 0; position < observed.length; position++) {
    const phase = phaseOf(observed.ops, position, spans);
    visit(position, phase);
  }
}

function visitValues(
  { ops }: Observed,
  position: number,
  stalls: readonly StallSpan[],
  visit: (distribution: 'response' | 'all' | 'service' | 'calm', value: number) => void,
): void {
  const elapsedUs = responseUs(ops, position);
  if (ops.outcome(position) !== OK) {
    // A gap, and what the end of the run cut off, have no elapsed time.
    visit('all', Number.isNaN(elapsedUs) ? ops.timeoutUs : Math.max(elapsedUs, ops.timeoutUs));
    return;
  }
  visit('all', elapsedUs);
  visit('response', elapsedUs);
  visit('service', ops.completedUs(position) - ops.invokedUs(position));
  if (stalls.length === 0) return;
  const intendedUs = ops.intendedUs(position);
  const completedUs = ops.completedUs(position);
  if (!stalls.some(({ fromUs, toUs }) => fromUs <= completedUs && toUs >= intendedUs)) visit('calm', elapsedUs);
}
