import type { EventData, JournalEvent } from '../history/event.ts';
import { eventsOf } from '../history/read-journal.ts';
import { timetableKey } from '../history/timetable.ts';
import type { Plan } from '../scenario/plan.ts';
import type { Defects } from './defects.ts';
import { type JudgedFault, judgeFaults } from './faults.ts';
import type { StartedTimetable } from './load-history.ts';
import type { Instant } from './report-schema.ts';

/** A fault that was requested, as the figures need it. */
export interface FaultTimes {
  readonly id: string;
  readonly disaster: boolean;
  readonly requestedUs: number;
  readonly effective: Instant | null;
  /** It was seen not to hold while it should have. */
  readonly lapsed: boolean;
  /** `notAfter` of gone; infinite when it was not seen to be gone. */
  readonly goneUs: number;
  /** The next fault, or the phase `failback`: infinite when neither came. */
  readonly observedUntilUs: number;
}

/** What the journal says, in the form in which the checkers ask for it. */
export interface RunRecord {
  readonly plan: Plan;
  readonly events: readonly JournalEvent[];
  readonly faults: readonly JudgedFault[];
  /** In the order of their requests. */
  readonly requested: readonly FaultTimes[];
  readonly disaster: FaultTimes | null;
  /** When each fault was requested, in order. */
  readonly requestedUs: readonly number[];
  /** The instant of `run-ended`; null in a run without it. */
  readonly endedUs: number | null;
  readonly timetables: readonly StartedTimetable[];
  readonly failovers: readonly EventData['failover'][];
  readonly failbacks: readonly EventData['failback'][];
  readonly stalls: readonly EventData['stall'][];
  readonly suspendedUs: number;
}

/** A shorter suspension is no more than two clocks that were not read at once. */
const SUSPENDED_US = 100_000;
/** The harness was late by more than this, or it was not late. */
const LATE_US = 100_000;

export function readRunRecord(plan: Plan, events: readonly JournalEvent[], defects: Defects): RunRecord {
  const faults = judgeFaults(plan, events);
  const requestedUs = faults
    .flatMap(({ report }) => (report.requested ? [report.requested.notBefore_us] : []))
    .sort((a, b) => a - b);
  const requested = faultTimes(faults, requestedUs, events);
  const suspendedUs = Math.max(0, ...eventsOf(events, 'clock').map(({ data }) => data.suspended_us));
  return {
    plan,
    events,
    faults,
    requested,
    disaster: requested.find(({ disaster }) => disaster) ?? null,
    requestedUs,
    endedUs: eventsOf(events, 'run-ended').at(-1)?.at_us ?? null,
    timetables: startedTimetables(events, defects),
    failovers: eventsOf(events, 'failover').map(({ data }) => data),
    failbacks: eventsOf(events, 'failback').map(({ data }) => data),
    stalls: eventsOf(events, 'stall')
      .map(({ data }) => data)
      .filter(({ cause, from_us, to_us }) => cause === 'suspend' || to_us - from_us > LATE_US),
    suspendedUs: suspendedUs > SUSPENDED_US ? suspendedUs : 0,
  };
}

/** The stalls that touch what a client measured: its own, and those of the harness, which is no client of any timetable. */
export function stallsOf(record: RunRecord, client: string): readonly EventData['stall'][] {
  const clients = new Set(record.timetables.map(({ started }) => started.client));
  return record.stalls.filter((stall) => stall.client === client || !clients.has(stall.client));
}

function faultTimes(
  faults: readonly JudgedFault[],
  requestedUs: readonly number[],
  events: readonly JournalEvent[],
): FaultTimes[] {
  const failbacks = eventsOf(events, 'phase').filter(({ data }) => data.phase === 'failback');
  return faults
    .flatMap(({ report }): FaultTimes[] => {
      if (!report.requested) return [];
      const requested = report.requested.notBefore_us;
      const failback = failbacks.find(({ at_us }) => at_us > requested)?.at_us ?? Number.POSITIVE_INFINITY;
      return [
        {
          id: report.id,
          disaster: report.disaster,
          requestedUs: requested,
          effective: report.effective,
          lapsed: report.lapsed.length > 0,
          goneUs: report.gone?.notAfter_us ?? Number.POSITIVE_INFINITY,
          observedUntilUs: Math.min(...requestedUs.filter((us) => us > requested), failback),
        },
      ];
    })
    .sort((a, b) => a.requestedUs - b.requestedUs);
}

function startedTimetables(events: readonly JournalEvent[], defects: Defects): StartedTimetable[] {
  const ended = new Map(eventsOf(events, 'timetable-ended').map(({ data }) => [timetableKey(data), data.last]));
  const started = new Map<string, StartedTimetable>();
  for (const { data, seq } of eventsOf(events, 'timetable-started')) {
    const key = timetableKey(data);
    if (started.has(key)) defects.add('journal.ndjson: a timetable started twice', `seq ${seq}`);
    else started.set(key, { started: data, last: ended.get(key) ?? null });
  }
  for (const key of ended.keys()) {
    if (!started.has(key)) defects.add('journal.ndjson: a timetable ended that never started', key);
  }
  return [...started.values()];
}
