import type { EventData } from '../history/event.ts';
import type { Plan } from '../scenario/plan.ts';
import { downtime, violatingWindows } from './downtime.ts';
import { type Latencies, measureLatencies } from './latency.ts';
import { before, type Observed, type Operations, uncensored } from './operations.ts';
import { findOutages, type OutageSpan } from './outages.ts';
import { type PhaseSpan, phaseSpans } from './phases.ts';
import type { Interval, View } from './report-schema.ts';
import { findRto, noRto, type RtoFindings } from './rto.ts';
import type { RunRecord } from './run-record.ts';
import { findRestoration } from './slo.ts';
import type { Rules } from './windows.ts';

/** Everything that is measured of one timetable. Made twice where the harness shed operations or left gaps: with them and without. */
export interface Findings {
  readonly observed: Observed;
  readonly outages: readonly OutageSpan[];
  readonly violatingWindows: View['violatingWindows'];
  readonly downtime: Interval;
  readonly rto: RtoFindings;
  readonly steadyState: View['steadyState'];
  readonly latencies: Latencies;
  /** By which its operations belong to phases. */
  readonly spans: readonly PhaseSpan[];
}

/** The rules for a service; a site's own probe has no latency objective. */
export function rulesOf(plan: Plan, service: string): Rules {
  const { downAfter, upAfter, floor, sustain_us: sustainUs, windowOperations } = plan.settings;
  const latency = Object.hasOwn(plan.services, service) ? (plan.services[service]?.latency ?? null) : null;
  return {
    downAfter,
    upAfter,
    floor,
    sustainUs,
    windowOperations,
    latency: latency && { quantile: latency.quantile, op: latency.op, targetUs: latency.target_us },
  };
}

/** `recordEndUs`: the instant of `run-ended`, else of the last completion. `stalls`: those of this timetable's client. */
export function findAll(
  ops: Operations,
  service: string,
  record: RunRecord,
  recordEndUs: number,
  stalls: readonly EventData['stall'][],
): Findings {
  const { plan, requestedUs } = record;
  const rules = rulesOf(plan, service);
  const observed = uncensored(ops, recordEndUs);
  // A pass over every operation: once for each end of an observation.
  const found = new Map<number, readonly OutageSpan[]>();
  const outagesUntil = (us: number): readonly OutageSpan[] => {
    const endUs = us > observed.reachedUs ? Number.POSITIVE_INFINITY : us;
    const outages = found.get(endUs) ?? findOutages(before(observed, endUs), rules, requestedUs);
    found.set(endUs, outages);
    return outages;
  };
  const outages = outagesUntil(Number.POSITIVE_INFINITY);
  const windows = violatingWindows(observed, rules, outages, requestedUs);
  const rto = rtoOf(observed, rules, record, outagesUntil);
  const spans = phaseSpans(record.requested, outagesUntil);
  const quantiles = plan.objectives.flatMap((objective) =>
    objective.metric === 'latency' && objective.service === service ? [objective.quantile] : [],
  );
  const late = stalls.map(({ from_us: fromUs, to_us: toUs }) => ({ fromUs, toUs }));
  return {
    observed,
    outages,
    violatingWindows: windows,
    downtime: downtime(observed, outages, windows),
    rto,
    steadyState: steadyStateOf(before(observed, requestedUs[0] ?? Number.POSITIVE_INFINITY), rules),
    latencies: measureLatencies(observed, spans, quantiles, late),
    spans,
  };
}

function rtoOf(
  observed: Observed,
  rules: Rules,
  { disaster }: RunRecord,
  outagesUntil: (us: number) => readonly OutageSpan[],
): RtoFindings {
  if (!disaster) return noRto('no disaster was requested');
  const { effective } = disaster;
  if (!effective) return noRto('the disaster was not shown to be effective');
  if (disaster.lapsed) return noRto('the disaster lapsed while it should have held');
  if (observed.length === 0) return noRto('no operation was observed');
  const { requestedUs, observedUntilUs } = disaster;
  const seen = before(observed, observedUntilUs);
  return findRto(seen, rules, outagesUntil(observedUntilUs), { requestedUs, effective });
}

/** The rule of SLO restored on `before`: only a service that met its objectives can be said to meet them again. */
function steadyStateOf(observed: Observed, rules: Rules): View['steadyState'] {
  if (observed.length === 0) return { verdict: 'unknown', note: 'no operation before the fault' };
  const found = findRestoration(observed, rules, observed.ops.intendedUs(0));
  return found.state === 'restored' ? { verdict: 'pass', note: '' } : { verdict: 'unknown', note: found.why };
}
