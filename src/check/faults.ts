import type { JournalEvent, Json } from '../history/event.ts';
import { eventsOf } from '../history/read-journal.ts';
import type { Plan } from '../scenario/plan.ts';
import { struckSites } from '../scenario/struck-sites.ts';
import type { FaultReport, Instant } from './report-schema.ts';

/** A fault is observed again every second while it should hold; unseen for longer than this, nobody knows whether it held. */
const UNSEEN_US = 10_000_000;

/** A fault as the journal shows it. */
export interface JudgedFault {
  readonly report: FaultReport;
  /** Why nobody may rely on it: never requested, never effective, lapsed, not observed. Null: it was shown to hold. */
  readonly unproven: string | null;
  /** It was requested, and was not seen to be gone. */
  readonly leftover: boolean;
}

/** Every fault of the plan, in its order, then those that only the journal knows. */
export function judgeFaults(plan: Plan, events: readonly JournalEvent[]): JudgedFault[] {
  const requested = eventsOf(events, 'fault-requested');
  const planned = plan.timeline.map((fault) => {
    const { id, type, disaster } = fault;
    const [target = '', ...also] = struckSites(fault);
    return { id, type, target, ...(also.length > 0 && { also }), disaster };
  });
  const others = requested
    .map(({ data }) => ({ id: data.fault, type: data.type, target: data.target, disaster: data.disaster }))
    .filter(
      ({ id }, index, all) =>
        !planned.some((fault) => fault.id === id) && all.findIndex((fault) => fault.id === id) === index,
    );
  return [...planned, ...others].map((fault) => judge(fault, events));
}

function judge(
  fault: Pick<FaultReport, 'id' | 'type' | 'target' | 'also' | 'disaster'>,
  events: readonly JournalEvent[],
): JudgedFault {
  const own = events.filter(({ data }) => 'fault' in data && data.fault === fault.id);
  const requested = eventsOf(own, 'fault-requested')[0];
  const effective = eventsOf(own, 'fault-effective')[0];
  const released = eventsOf(own, 'fault-release-requested')[0];
  const gone = eventsOf(own, 'fault-gone').at(-1);
  const lapsed = eventsOf(own, 'fault-lapsed').map(({ data }) => instant(data));
  const observations = eventsOf(own, 'fault-observed').map(({ data }) => data.notAfter_us);
  const report: FaultReport = {
    ...fault,
    requested: requested ? instant(requested.data) : null,
    effective: effective ? instant(effective.data) : null,
    lapsed,
    releaseRequested: released ? instant(released.data) : null,
    gone: gone ? instant(gone.data) : null,
    observed: { effective: oneLine(effective?.data.observed), gone: oneLine(gone?.data.observed) },
    observations: observations.length,
  };
  const endUs = released?.data.notBefore_us ?? gone?.data.notBefore_us ?? events.at(-1)?.at_us ?? 0;
  return {
    report,
    unproven: whyUnproven(report, observations, endUs),
    leftover: requested !== undefined && gone === undefined,
  };
}

function whyUnproven(report: FaultReport, observations: readonly number[], endUs: number): string | null {
  if (!report.requested) return `the fault ${report.id} was never requested`;
  if (!report.effective) return `the fault ${report.id} was not shown to be effective`;
  if (report.lapsed.length > 0) return `the fault ${report.id} lapsed while it should have held`;
  let sinceUs = report.effective.notAfter_us;
  for (const us of [...observations, endUs]) {
    if (us - sinceUs > UNSEEN_US)
      return `the fault ${report.id} was not observed for more than 10 s while it should have held`;
    sinceUs = Math.max(sinceUs, us);
  }
  return null;
}

function instant({ notBefore_us, notAfter_us }: Instant): Instant {
  return { notBefore_us, notAfter_us };
}

function oneLine(observed: Json | undefined): string {
  if (observed === undefined || observed === null) return '';
  return typeof observed === 'string' ? observed : JSON.stringify(observed);
}

/** Every site that a fault strikes, in words. */
export function sitesOf({ target, also = [] }: Pick<FaultReport, 'target' | 'also'>): string {
  return [target, ...also].join(', ');
}
