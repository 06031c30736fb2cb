import type { Report, View } from '../../../src/check/report-schema.ts';
import { SERVICE_PHASES } from '../../../src/scenario/plan.ts';
import type { OracleInput } from '../oracle/input.ts';
import { latencyOf, quantilesOf } from '../oracle/latency.ts';
import type { OracleReport } from '../oracle/oracle.ts';
import type { OracleRpo } from '../oracle/rpo.ts';
import type { OracleView } from '../oracle/views.ts';

/** The figures that measurement.md defines, taken from the oracle and from the report, in one shape. */
export interface Sides {
  readonly expected: unknown;
  readonly got: unknown;
}

export function sidesOf(report: Report, expected: OracleReport, input: OracleInput): Sides {
  return {
    expected: {
      views: expected.views.map((view) => fromOracle(view)),
      rpo: [...expected.rpo].map(([service, rpo]) => [service, rpo && rpoFromOracle(rpo)]),
      phantom: report.rpo[0]?.phantom === null ? null : expected.phantoms.size,
      objectives: expected.objectives.map(({ id, verdict }) => [id, verdict]),
    },
    got: {
      views: expected.views.map(({ table }) => fromReport(viewIn(report, table))),
      rpo: [...expected.rpo].map(([service, rpo]) => [service, rpo && rpoFromReport(report, service)]),
      phantom: report.rpo[0]?.phantom,
      objectives: input.plan.objectives.map(({ id }) => [
        id,
        report.objectives.find(({ objective }) => objective.id === id)?.verdict,
      ]),
    },
  };
}

function viewIn(
  report: Report,
  id: { probe: string; service: string; site: string; client: string },
): View | undefined {
  return report.views.find(
    (view) =>
      view.probe === id.probe && view.service === id.service && view.client === id.client && view.site === id.site,
  );
}

function fromOracle({ table, all }: OracleView): unknown {
  const count = (matches: (op: (typeof all.ops)[number]) => boolean): number => all.ops.filter(matches).length;
  return {
    probe: table.probe,
    service: table.service,
    operations: {
      total: all.ops.length,
      ok: count((op) => op.outcome === 'ok'),
      info: count((op) => op.outcome === 'info'),
      shed: count((op) => op.isShed),
      gaps: count((op) => op.isGap),
    },
    steady: all.steady,
    outages: all.outages.map(({ seenBy, down, up, length, start, end, operations, notOk }) => ({
      ...{ seenBy, down_us: down, up_us: up, length_us: length, operations, notOk },
      start: { notBefore_us: start.notBefore, notAfter_us: start.notAfter },
      end: end && { notBefore_us: end.notBefore, notAfter_us: end.notAfter },
    })),
    rto: {
      state: all.rto.state,
      value_us: all.rto.value,
      bounds: all.rto.bounds,
      restored: all.rto.restored,
      first: all.rto.firstSuccess,
    },
    latency: SERVICE_PHASES.map((phase) => {
      const { operations, ok, response, all: every, service } = all.latency[phase];
      const quantiles = [response, every, service].map(quantilesOf);
      return [phase, operations, ok, ...quantiles];
    }),
    downtime: all.downtime,
  };
}

function fromReport(view: View | undefined): unknown {
  if (!view) return undefined;
  const { total, ok, info, shed, gaps } = view.operations;
  const clock = (name: string): number | null =>
    view.clocks.find((entry) => entry.clock === name)?.at?.notAfter_us ?? null;
  return {
    probe: view.probe,
    service: view.service,
    operations: { total, ok, info, shed, gaps },
    steady: view.steadyState.verdict === 'pass',
    outages: view.outages.map(({ errors: _, ...outage }) => outage),
    rto: {
      state: view.rto.state,
      value_us: view.rto.value_us,
      bounds: view.rto.bounds,
      restored: clock('SLO restored'),
      first: clock('first success'),
    },
    latency: SERVICE_PHASES.map((phase) => {
      const empty = latencyOf([], 1);
      const none = { ...empty, response: quantilesOf([]), all: quantilesOf([]), service: quantilesOf([]) };
      const { operations, ok, response, all, service } = view.latency[phase] ?? none;
      return [phase, operations, ok, response, all, service];
    }),
    downtime: view.downtime_us,
  };
}

function rpoFromOracle(rpo: OracleRpo): unknown {
  const { ledger, lost, afterRecovery, afterRepair, stranded, lostInAll, lostKeys } = rpo;
  const { rpo: rpo_us, lostInAllUs: lostInAll_us, recoveryPoint: recoveryPoint_us, indeterminate } = rpo;
  return {
    ledger,
    lost,
    rpo_us,
    recoveryPoint_us,
    afterRecovery,
    afterRepair,
    stranded,
    lostInAll,
    lostInAll_us,
    indeterminate,
    lostKeys,
  };
}

function rpoFromReport(report: Report, service: string | null): unknown {
  const rpo = report.rpo.find((entry) => entry.service === service);
  if (!rpo) return undefined;
  const { ledger, lost, rpo_us, afterRecovery, afterRepair, stranded, lostInAll, lostInAll_us, indeterminate } = rpo;
  return {
    recoveryPoint_us: rpo.recoveryPoint_us,
    ...{ ledger, lost, rpo_us, afterRecovery, afterRepair, stranded, lostInAll, lostInAll_us },
    indeterminate: indeterminate.total,
    // Those lost in all but not at failover follow in the same list.
    lostKeys: rpo.lostKeys.slice(0, rpo.lost?.lower ?? 0).map(({ key }) => key),
  };
}
