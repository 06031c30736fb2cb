import type { Interval, Report, View } from './report-schema.ts';
import type { RunRecord } from './run-record.ts';

type PromiseRow = NonNullable<Report['promises']>[number];

/**
 * What is promised beside the objectives, next to what was measured. It is no part of the verdict, and what a stand-in of ours detected keeps no
 * promise of the platform's. Undefined: the plan promises nothing.
 */
export function judgePromises(record: RunRecord, views: readonly View[]): Report['promises'] {
  const { detection_us: detectionUs, normal_us: normalUs } = record.plan.promises;
  if (detectionUs === null && normalUs === null) return undefined;
  return [
    ...(detectionUs === null ? [] : views.flatMap((view) => detectionOf(record, view, detectionUs))),
    ...(normalUs === null ? [] : normalOf(record, views, normalUs)),
  ];
}

/** From the effect of the disaster to the first alarm; of services that it struck. */
function detectionOf(record: RunRecord, view: View, promisedUs: number): PromiseRow[] {
  const clock = view.clocks.find((one) => one.clock === 'detected');
  if (view.service === '' || !clock || (clock.at === null && clock.note === 'never down')) return [];
  const promise = `${view.service}: detection`;
  const effective = record.disaster?.effective;
  if (!effective) return [unknown(promise, promisedUs, 'the disaster was not shown to be effective')];
  if (!clock.at) return [unknown(promise, promisedUs, clock.note)];
  const measured = {
    lower: Math.max(0, clock.at.notBefore_us - effective.notAfter_us),
    upper: Math.max(0, clock.at.notAfter_us - effective.notBefore_us),
  };
  const { health, driver, nodetool } = record.plan.detectors;
  const silent = clock.observer === 'derived' && (health !== null || driver || nodetool !== null);
  const note = silent ? `no detector raised an alarm; clients knew by ${clock.note}` : clock.note;
  const proves = clock.observer !== 'simulated' && !silent;
  const kept = proves ? judge(measured, promisedUs) : 'unknown';
  return [{ promise, promised_us: promisedUs, measured_us: measured, observer: clock.observer, kept, note }];
}

/** From the request that the fault end, to its site's own probes being up again; 0 where they were up before. */
function normalOf(record: RunRecord, views: readonly View[], promisedUs: number): PromiseRow[] {
  const disaster = record.faults.find(({ report }) => report.disaster)?.report;
  if (!disaster) return [unknown('back to normal', promisedUs, 'there was no disaster')];
  const own = views.filter(({ service, site }) => service === '' && site === disaster.target);
  const from = disaster.releaseRequested;
  if (own.length === 0 || !from)
    return [
      unknown('back to normal', promisedUs, own.length === 0 ? 'no probe looks at the site alone' : 'it did not end'),
    ];
  return own.map((view): PromiseRow => {
    const promise = `${view.probe} at ${view.site}: back to normal`;
    const last = view.outages.findLast(
      ({ down_us, up_us }) => down_us < from.notAfter_us && (up_us ?? Infinity) > from.notBefore_us,
    );
    const base = { promise, promised_us: promisedUs, observer: 'client' };
    if (!last)
      return { ...base, measured_us: { lower: 0, upper: 0 }, kept: 'kept', note: 'up when the fault was to end' };
    const { up_us: upUs } = last;
    if (upUs === null) return { ...base, measured_us: null, kept: 'unknown', note: 'the outage is open' };
    const measured = { lower: Math.max(0, upUs - from.notAfter_us), upper: Math.max(0, upUs - from.notBefore_us) };
    return { ...base, measured_us: measured, kept: judge(measured, promisedUs), note: '' };
  });
}

function judge({ lower, upper }: Interval, promisedUs: number): PromiseRow['kept'] {
  if (upper !== null && upper <= promisedUs) return 'kept';
  return lower > promisedUs ? 'broken' : 'unknown';
}

function unknown(promise: string, promisedUs: number, note: string): PromiseRow {
  return { promise, promised_us: promisedUs, measured_us: null, observer: '', kept: 'unknown', note };
}
