import { eventsOf } from '../history/read-journal.ts';
import type { Findings } from './findings.ts';
import { type Observed, OK, positionAt } from './operations.ts';
import { CLOCKS, type Instant, type RtoClock } from './report-schema.ts';
import type { RunRecord } from './run-record.ts';
import { findRestoration } from './slo.ts';
import type { Rules } from './windows.ts';

/** When the last read-back was done, or why nothing can be said to be reconciled. */
export type Reconciled = { readonly atUs: number } | { readonly why: string };

type Clock = Omit<RtoClock, 'clock'>;

/** The clocks of RTO of one timetable, in order, each with its observer and bounds. `service` empty: a site's own probe, which never moves. */
export function clocksOf(
  record: RunRecord,
  service: string,
  findings: Findings,
  rules: Rules,
  reconciled: Reconciled,
): RtoClock[] {
  const { disaster } = record;
  const { rto, observed } = findings;
  const requested = record.faults.find(({ report }) => report.disaster)?.report.requested ?? null;
  const byName: Record<(typeof CLOCKS)[number], Clock> = {
    requested: known(requested, 'harness', 'no disaster was requested'),
    effective: known(disaster?.effective ?? null, 'platform', 'not shown to be effective'),
    detected: detected(record, service, findings, rules),
    'failover decided': failoverDecided(record, service),
    'first success': reached(rto.firstSuccessUs, 'client', rto.firstSuccessUs === null ? whyNoSuccess(rto) : ''),
    'SLO restored': reached(rto.sloRestoredUs, 'derived', rto.rto.note),
    reconciled: 'atUs' in reconciled ? reached(reconciled.atUs, 'harness', '') : missing('harness', reconciled.why),
    'failed back': failedBack(record, service, observed, rules),
  };
  return CLOCKS.map((clock) => ({ clock, ...byName[clock] }));
}

/** Why no outage of this fault came to an end: there was none, it goes on, or it was not judged at all. */
function whyNoSuccess({ outage, rto }: Findings['rto']): string {
  if (outage) return 'the outage is open';
  return rto.state === 'unknown' ? `not judged: ${rto.note}` : 'never down';
}

function detected(record: RunRecord, service: string, { rto, observed }: Findings, rules: Rules): Clock {
  const alarm = eventsOf(record.events, 'detected').find(
    ({ data }) => data.fault === record.disaster?.id && (data.service === undefined || data.service === service),
  );
  if (alarm) {
    const { simulated, detector } = alarm.data;
    return { at: at(alarm.at_us), observer: simulated ? 'simulated' : 'platform', note: detector };
  }
  if (!rto.outage) return missing('derived', whyNoSuccess(rto));
  let failures = 0;
  for (let position = rto.outage.down; position < observed.length; position++) {
    if (observed.ops.outcome(position) === OK) continue;
    failures++;
    const completedUs = observed.ops.completedUs(position);
    // A gap has no completion: the next failure that has one is when a client can know.
    if (failures >= rules.downAfter && !Number.isNaN(completedUs)) {
      return { at: at(completedUs), observer: 'derived', note: `the last of the first ${rules.downAfter} failures` };
    }
  }
  return missing('derived', 'no failure has a completion');
}

function failoverDecided(record: RunRecord, service: string): Clock {
  if (service === '') return missing('client', 'a site does not fail over');
  const sinceUs = record.disaster?.requestedUs ?? Number.POSITIVE_INFINITY;
  const moved = record.failovers.find((event) => event.service === service && event.decided_us >= sinceUs);
  if (!moved) return missing('client', 'the service was not moved');
  return { at: at(moved.decided_us), observer: 'client', note: `${moved.from} → ${moved.to}: ${moved.reason}` };
}

/** The first site serves the service again, with its SLO. */
function failedBack(record: RunRecord, service: string, observed: Observed, rules: Rules): Clock {
  const first = Object.hasOwn(record.plan.services, service) ? record.plan.services[service]?.sites[0] : undefined;
  if (first === undefined) return missing('client', 'a site does not fail over');
  const back = record.failbacks.findLast((event) => event.service === service && event.to === first);
  if (!back) return missing('client', 'the service was not moved back');
  const restored = findRestoration(observed, rules, back.decided_us);
  if (restored.state !== 'restored') return missing('client', restored.why);
  const { ops, length } = observed;
  const untilUs = restored.atUs + rules.sustainUs;
  for (let position = positionAt(ops, restored.atUs, 0, length); position < length; position++) {
    if (ops.intendedUs(position) >= untilUs) break;
    const site = ops.site(position);
    if (site !== first && site !== '')
      return missing('client', `${site} still served after the service was moved back`);
  }
  return { at: at(restored.atUs), observer: 'client', note: '' };
}

function known(instant: Instant | null, observer: string, why: string): Clock {
  return instant ? { at: instant, observer, note: '' } : missing(observer, why);
}

function reached(us: number | null, observer: string, why: string): Clock {
  return us === null ? missing(observer, why) : { at: at(us), observer, note: why };
}

function missing(observer: string, note: string): Clock {
  return { at: null, observer, note };
}

function at(us: number): Instant {
  return { notBefore_us: us, notAfter_us: us };
}
