import type { ServicePhase } from '../../../src/scenario/plan.ts';
import { faultsOf, type OracleFault } from './faults.ts';
import type { Op, OracleInput } from './input.ts';
import { latencyOf, type OracleLatency, phasesOf } from './latency.ts';
import { type OracleTimetable, operationsOf, withoutShedAndGaps } from './operations.ts';
import { allWindows, type OracleOutage, outagesOf } from './outages.ts';
import type { Range } from './rpo.ts';
import { isSteady, type OracleRto, requestedOf, rtoOf } from './rto.ts';
import { type OracleWindow, type Slo, violates } from './windows.ts';

/** The figures of one timetable, from one list of operations. */
export interface Figures {
  readonly ops: readonly Op[];
  readonly steady: boolean;
  readonly outages: readonly OracleOutage[];
  readonly violating: readonly OracleWindow[];
  readonly downtime: Range;
  readonly rto: OracleRto;
  readonly latency: Record<ServicePhase, OracleLatency>;
}

export interface OracleView {
  readonly table: OracleTimetable;
  readonly slo: Slo;
  /** With shed operations and gaps: what is published. */
  readonly all: Figures;
  /** "Every verdict is computed with and without shed operations and gaps" */
  readonly without: Figures;
}

export function disasterOf(input: OracleInput): OracleFault | undefined {
  const faults = faultsOf(input);
  // "One is marked `disaster` (the only one by default)"
  return faults.find((fault) => fault.disaster) ?? (faults.length === 1 ? faults[0] : undefined);
}

export function viewOf(input: OracleInput, table: OracleTimetable): OracleView {
  const slo = input.plan.services[table.service]?.latency ?? null;
  const ops = operationsOf(input, table);
  return {
    table,
    slo,
    all: figuresOf(input, table, ops, slo),
    without: figuresOf(input, table, withoutShedAndGaps(ops), slo),
  };
}

function figuresOf(input: OracleInput, table: OracleTimetable, ops: readonly Op[], slo: Slo): Figures {
  const { settings } = input.plan;
  const end = ops.at(-1)?.intended ?? 0;
  const requested = requestedOf(input);
  const outages = outagesOf(ops, end, requested, settings, slo);
  const violating = violatingOutside(ops, outages, end, requested, input, slo);
  const phases = phasesOf(input, ops, settings, slo);
  const latency = {
    before: latencyOf(phases.before, table.timeout),
    outage: latencyOf(phases.outage, table.timeout),
    'failed-over': latencyOf(phases['failed-over'], table.timeout),
    after: latencyOf(phases.after, table.timeout),
  };
  return {
    ops,
    steady: isSteady(input, ops, settings, slo),
    outages,
    violating,
    downtime: downtimeOf(outages, violating, end),
    rto: rtoOf(input, disasterOf(input), ops, settings, slo),
    latency,
  };
}

/** Windows that are complete and violate, and hold no operation of an outage: laid from the first slot, each `requested` and each `up`. */
function violatingOutside(
  ops: readonly Op[],
  outages: readonly OracleOutage[],
  end: number,
  requested: readonly number[],
  input: OracleInput,
  slo: Slo,
): OracleWindow[] {
  const { settings } = input.plan;
  const starts = [ops[0]?.intended ?? 0, ...outages.flatMap((outage) => (outage.up === null ? [] : [outage.up]))];
  return starts.flatMap((start, i) => {
    const down = outages[i]?.down ?? Infinity;
    return allWindows(ops, start, end, requested, settings).filter(
      (window) => window.complete && window.to <= down && violates(window.ops, settings, slo),
    );
  });
}

/** "the sum of the client-visible outages and of violating windows outside them" */
function downtimeOf(outages: readonly OracleOutage[], violating: readonly OracleWindow[], end: number): Range {
  const windows = violating.reduce((sum, window) => sum + window.to - window.from, 0);
  const lower = outages.reduce((sum, outage) => sum + (outage.length ?? end - outage.down), windows);
  return { lower, upper: outages.some((outage) => outage.up === null) ? null : lower };
}
