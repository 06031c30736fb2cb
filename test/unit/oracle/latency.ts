import type { ServicePhase } from '../../../src/scenario/plan.ts';
import { faultsOf } from './faults.ts';
import { nearestRank, type Op, type OracleInput } from './input.ts';
import { faultView } from './rto.ts';
import type { Settings, Slo } from './windows.ts';

/**
 * "Phases of a service by intended time: `before` (no fault yet), `outage` from `requested` to the earlier of up and `gone` (empty if never down),
 * `failed-over` until `gone`, `after` from then on. An operation of `before` that completes after `requested` belongs to `outage`." "Several
 * faults: each has its own clocks": an operation belongs to the last fault that was requested before it.
 */
export function phasesOf(
  input: OracleInput,
  ops: readonly Op[],
  settings: Settings,
  slo: Slo,
): Record<ServicePhase, Op[]> {
  const faults = faultsOf(input)
    .filter((fault) => fault.requested !== null)
    .sort((a, b) => (a.requested?.notBefore ?? 0) - (b.requested?.notBefore ?? 0));
  const spans = faults.map((fault) => {
    const requested = fault.requested?.notBefore ?? 0;
    const { first } = faultView(input, fault, ops, settings, slo);
    const gone = fault.gone?.notAfter ?? Infinity;
    return { requested, outageEnd: first ? Math.min(first.up ?? Infinity, gone) : requested, gone };
  });
  const phases: Record<ServicePhase, Op[]> = { before: [], outage: [], 'failed-over': [], after: [] };
  for (const op of ops) {
    const span = spans.findLast(({ requested }) => requested <= op.intended);
    const firstRequested = spans[0]?.requested ?? Infinity;
    if (!span) {
      const completesLater = !op.isGap && (op.completed ?? Infinity) > firstRequested;
      phases[completesLater && firstRequested < Infinity ? 'outage' : 'before'].push(op);
    } else if (op.intended < Math.min(span.outageEnd, span.gone)) phases.outage.push(op);
    else phases[op.intended < span.gone ? 'failed-over' : 'after'].push(op);
  }
  return phases;
}

export interface OracleLatency {
  readonly operations: number;
  readonly ok: number;
  /** That the harness could not send, gaps included. */
  readonly notSent: number;
  readonly response: readonly number[];
  readonly all: readonly number[];
  readonly service: readonly number[];
}

/** "Response time is `completed - intended`, service time `completed - invoked`. One distribution of the `ok` operations, one of all" */
export function latencyOf(ops: readonly Op[], timeout: number): OracleLatency {
  const oks = ops.filter((op) => op.outcome === 'ok');
  const response = (op: Op): number => (op.completed as number) - op.intended;
  return {
    operations: ops.length,
    ok: oks.length,
    notSent: ops.filter((op) => op.isShed || op.isGap).length,
    response: oks.map(response),
    // "one that was not `ok` counts with the larger of its elapsed time and its timeout"
    all: ops.map((op) => {
      if (op.outcome === 'ok') return response(op);
      return Math.max(op.completed === null ? 0 : op.completed - op.intended, timeout);
    }),
    service: oks.map((op) => (op.completed as number) - (op.invoked as number)),
  };
}

export function quantilesOf(values: readonly number[]): Record<string, number | null> {
  const at = (q: number): number | null => nearestRank(values, q);
  return { n: values.length, p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), p999: at(0.999), max: at(1) };
}
