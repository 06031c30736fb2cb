import type { Observed } from './operations.ts';
import type { OutageSpan } from './outages.ts';
import type { Instant, Rto } from './report-schema.ts';
import { findRestoration } from './slo.ts';
import { layWindows, type Rules, violates } from './windows.ts';

/** The instants of the disaster that RTO is counted from, and the end of what was observed of it. */
export interface DisasterTimes {
  readonly requestedUs: number;
  readonly effective: Instant;
}

export interface RtoFindings {
  readonly rto: Rto;
  /** The outage that the disaster caused. */
  readonly outage: OutageSpan | null;
  /** `up` of that outage. */
  readonly firstSuccessUs: number | null;
  readonly sloRestoredUs: number | null;
  /** Outages that begin after the SLO was restored: each a breach of its own. `us` null: open, `soFarUs` long. */
  readonly breaches: readonly { readonly downUs: number; readonly us: number | null; readonly soFarUs: number }[];
  /** Instants that decide the figure. */
  readonly decidedBy: readonly Instant[];
}

/**
 * RTO of one timetable (measurement.md, "The clocks of RTO"). `observed` ends where the observation of the disaster ends, and `outages` are
 * those of it.
 */
export function findRto(
  observed: Observed,
  rules: Rules,
  outages: readonly OutageSpan[],
  disaster: DisasterTimes,
): RtoFindings {
  const { effective, requestedUs } = disaster;
  const outage = outages.find(({ up }) => up === null || up.us >= effective.notBefore_us) ?? null;
  const context = { observed, rules, effective };
  const earlier = outages.find(({ downUs, up }) => downUs < requestedUs && (up === null || up.us >= requestedUs));
  if (earlier) {
    const note = 'an outage began before the fault was requested, so there is no steady state to return to';
    return { ...unknown(note), outage, firstSuccessUs: outage?.up?.us ?? null, decidedBy: [at(earlier.downUs)] };
  }
  if (outage) return fromOutage(context, outage, outages);
  // "It is 0 only if the service never went down": this one did, and was up again before the fault is known to have been in force.
  const premature = outages.find(({ downUs }) => downUs >= requestedUs);
  if (premature) {
    const note = 'it was down between the request of the fault and the last observation before the fault was effective';
    return { ...unknown(note), decidedBy: [at(premature.downUs)] };
  }
  return fromWindows(context);
}

interface Context {
  readonly observed: Observed;
  readonly rules: Rules;
  readonly effective: Instant;
}

function fromOutage(context: Context, outage: OutageSpan, outages: readonly OutageSpan[]): RtoFindings {
  const { observed, rules, effective } = context;
  const decidedBy = [effective, at(outage.downUs)];
  if (outage.up === null) {
    return {
      ...none(),
      rto: open(context, observed.reachedUs, 'the outage is open at the end of the observation'),
      outage,
      decidedBy: [...decidedBy, at(observed.reachedUs)],
    };
  }
  const up = { notBefore_us: observed.ops.intendedUs(outage.up.position), notAfter_us: outage.up.us };
  const found = { ...none(), outage, firstSuccessUs: outage.up.us, decidedBy: [...decidedBy, up] };
  const restoration = findRestoration(observed, rules, outage.up.us);
  if (restoration.state === 'restored') {
    const { atUs } = restoration;
    return {
      ...found,
      rto: measured(effective, atUs, ''),
      sloRestoredUs: atUs,
      breaches: breachesAfter(outages, atUs, observed.reachedUs),
      decidedBy: [...found.decidedBy, at(atUs)],
    };
  }
  // A later outage that never ends is part of the same recovery.
  const last = outages.at(-1);
  if (last?.up === null) {
    return { ...found, rto: open(context, observed.reachedUs, 'a further outage before the SLO was restored is open') };
  }
  const rto =
    restoration.state === 'open'
      ? open(context, restoration.notBeforeUs, `SLO not restored: ${restoration.why}`)
      : unknown(`SLO restored is unknown: ${restoration.why}`).rto;
  return { ...found, rto };
}

/** The service never went down: 0 unless a window violates, and unknown unless it was observed for as long as any recovery would have been. */
function fromWindows({ observed, rules, effective }: Context): RtoFindings {
  const fromUs = effective.notBefore_us;
  let violating = false;
  for (const window of layWindows(observed, rules, fromUs)) violating ||= window.complete && violates(window, rules);
  const restoration = findRestoration(observed, rules, fromUs, { afterViolation: violating });
  const seen = `no outage seen at ${observed.ops.rate} operations a second`;
  if (restoration.state === 'restored') {
    const note = violating ? `${seen}, but windows violate` : seen;
    const rto: Rto = violating
      ? measured(effective, restoration.atUs, note)
      : { state: 'none', value_us: 0, bounds: { lower: 0, upper: 0 }, note };
    const decidedBy = violating ? [effective, at(restoration.atUs)] : [effective];
    return { ...none(), rto, sloRestoredUs: restoration.atUs, decidedBy };
  }
  const note = `${seen}, but ${restoration.why}`;
  const rto =
    restoration.state === 'open' && violating
      ? open({ observed, rules, effective }, restoration.notBeforeUs, note)
      : unknown(note).rto;
  return { ...none(), rto, decidedBy: [effective] };
}

function breachesAfter(outages: readonly OutageSpan[], restoredUs: number, endUs: number): RtoFindings['breaches'] {
  return outages
    .filter(({ downUs }) => downUs >= restoredUs)
    .map(({ downUs, up }) => ({ downUs, us: up ? up.us - downUs : null, soFarUs: (up?.us ?? endUs) - downUs }));
}

function measured(effective: Instant, restoredUs: number, note: string): Rto {
  const value = Math.max(0, restoredUs - effective.notBefore_us);
  const lower = Math.max(0, restoredUs - effective.notAfter_us);
  return { state: 'measured', value_us: value, bounds: { lower, upper: value }, note };
}

/** `soFarUs`: RTO ends then at the earliest. */
function open({ effective }: Context, soFarUs: number, note: string): Rto {
  const lower = Math.max(0, soFarUs - effective.notBefore_us);
  return { state: 'open', value_us: lower, bounds: { lower, upper: null }, note };
}

function unknown(note: string): RtoFindings {
  return { ...none(), rto: { state: 'unknown', value_us: null, bounds: null, note } };
}

function none(): RtoFindings {
  return {
    rto: { state: 'unknown', value_us: null, bounds: null, note: '' },
    outage: null,
    firstSuccessUs: null,
    sloRestoredUs: null,
    breaches: [],
    decidedBy: [],
  };
}

function at(us: number): Instant {
  return { notBefore_us: us, notAfter_us: us };
}

/** What RTO is where there is nothing to count it from. */
export function noRto(note: string): RtoFindings {
  return unknown(note);
}
