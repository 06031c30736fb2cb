import { CANARY_SERVICE } from '../history/operation.ts';
import { timetableKey } from '../history/timetable.ts';
import type { Timetable } from '../scenario/plan.ts';
import { clocksOf, type Reconciled } from './clocks.ts';
import { type Findings, findAll, rulesOf } from './findings.ts';
import { describeLatencies } from './latency.ts';
import { type LoadedHistory, type LoadedTimetable, withoutShed } from './load-history.ts';
import type { Operations } from './operations.ts';
import { describeOutages } from './outage-report.ts';
import type { Series, View } from './report-schema.ts';
import { type RunRecord, stallsOf } from './run-record.ts';
import { bucketsOf } from './series.ts';
import { summarise } from './summary.ts';

/** One timetable, judged. */
export interface JudgedView {
  readonly service: string;
  readonly view: View;
  readonly series: Series;
  readonly withShed: Findings;
  /** The same object where the harness shed nothing and left no gap. */
  readonly withoutShed: Findings;
}

/** Sets the length of every timetable, gaps at its end included. To be called once, before anything is measured. */
export function closeTimetables(history: LoadedHistory, recordEndUs: number): void {
  for (const { operations, last, lastRow, started } of history.timetables) {
    // A timetable that never ended was to go on: what was due by the end of the record and has no row is a gap.
    const dueUs = recordEndUs - started.timeout_us;
    const due = dueUs < started.start_us ? 0 : Math.floor(((dueUs - started.start_us) * started.rate) / 1_000_000) + 1;
    operations.length = last === null ? Math.max(lastRow + 1, due) : last + 1;
  }
}

/** Services first, then the sites' own probes, in the order of the plan. The canary is not among them. */
export function judgeViews(
  record: RunRecord,
  history: LoadedHistory,
  at: {
    readonly recordEndUs: number;
    readonly bucketUs: number;
    readonly directory: string;
    readonly reconciled: Reconciled;
  },
): JudgedView[] {
  const planned = [
    ...record.plan.timetables.filter(({ service }) => service !== ''),
    ...record.plan.timetables.filter(({ service }) => service === ''),
  ].filter(({ service }) => service !== CANARY_SERVICE);
  return planned.map((timetable, number) => {
    const key = timetableKey(timetable);
    const loaded = history.timetables.find(({ id }) => timetableKey(id) === key);
    const stalls = stallsOf(record, timetable.client);
    const { service } = timetable;
    const ops: Operations = loaded?.operations ?? emptyOperations(timetable);
    const withShed = findAll(ops, service, record, at.recordEndUs, stalls);
    const view = viewOf(record, timetable, loaded, ops, withShed, at.reconciled);
    let without = withShed;
    if (loaded && view.operations.shed + view.operations.gaps > 0) {
      const sent = withoutShed(loaded, history, at.directory, number);
      without = findAll(sent, service, record, at.recordEndUs, stalls);
      sent.close();
    }
    const { probe, site, client } = timetable;
    const buckets = bucketsOf(ops, withShed.observed.length, at.bucketUs, service !== '');
    const series = { probe, service, site, client, buckets };
    return { service, view, series, withShed, withoutShed: without };
  });
}

function viewOf(
  record: RunRecord,
  { probe, service, site, client, rate, timeout_us }: Timetable,
  loaded: LoadedTimetable | undefined,
  ops: Operations,
  findings: Findings,
  reconciled: Reconciled,
): View {
  const rules = rulesOf(record.plan, service);
  return {
    probe,
    service,
    site,
    client,
    rate: loaded?.started.rate ?? rate,
    timeout_us: loaded?.started.timeout_us ?? timeout_us,
    ...summarise(ops, findings.observed.length, loaded?.rows ?? 0),
    steadyState: findings.steadyState,
    outages: describeOutages(findings.observed, findings.outages, rules.upAfter),
    violatingWindows: findings.violatingWindows,
    clocks: clocksOf(record, service, findings, rules, reconciled),
    rto: findings.rto.rto,
    latency: describeLatencies(findings.latencies),
    downtime_us: findings.downtime,
  };
}

function emptyOperations({ rate, timeout_us: timeoutUs }: Timetable): Operations {
  const none = (): never => {
    throw new Error('an empty timetable has no operations');
  };
  return {
    length: 0,
    rate,
    timeoutUs,
    slot: none,
    slotUs: none,
    intendedUs: none,
    invokedUs: none,
    completedUs: none,
    outcome: none,
    shed: none,
    write: none,
    site: none,
    error: none,
  };
}

/** The instant up to which outcomes are known. */
export function recordEnd(record: RunRecord, history: LoadedHistory): number {
  return record.endedUs ?? history.lastCompletionUs;
}
