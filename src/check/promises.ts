import { componentBehind } from '../history/components.ts';
import { RESTARTED_TO_HEAL } from '../history/event.ts';
import { eventsOf } from '../history/read-journal.ts';
import type { Backups } from './backups-schema.ts';
import type { Instant, Interval, Report, RtoClock, View } from './report-schema.ts';
import type { RunRecord } from './run-record.ts';

type PromiseRow = NonNullable<Report['promises']>[number];

/**
 * What is promised beside the objectives, next to what was measured. It is no part of the verdict, and what a stand-in of ours detected keeps no
 * promise of the platform's. Undefined: the plan promises nothing.
 */
export function judgePromises(
  record: RunRecord,
  views: readonly View[],
  backups: Backups | null = null,
): Report['promises'] {
  const { detection_us: detectionUs, normal_us: normalUs, backup_us, restore_us } = record.plan.promises;
  if ([detectionUs, normalUs, backup_us, restore_us].every((one) => one === null)) return undefined;
  return [
    ...(detectionUs === null ? [] : detections(record, views, detectionUs)),
    ...(normalUs === null ? [] : normalOf(record, views, normalUs)),
    ...(backup_us === null ? [] : backupTimes(backups, backup_us)),
    ...(restore_us === null ? [] : restoreTimes(backups, restore_us)),
  ];
}

/** Of each service that it struck; and on its own where an alarm names none, for none stands on what was struck. */
function detections(record: RunRecord, views: readonly View[], promisedUs: number): PromiseRow[] {
  const alarm = (service: string | undefined) => alarmOf(record, service) ?? alarmOf(record, service, true);
  const general = alarm(undefined);
  if (!general) {
    const rows = views.flatMap((view) => detectionOf(record, view, promisedUs));
    // Nobody was struck, and nobody was told: that is no promise kept.
    if (rows.length > 0 || record.plan.detectors.alerts === undefined) return rows;
    const why = whyUnproven(record) ?? ['no detector raised an alarm', ...alertsBeside(record)].join('; ');
    return [unknown('detection', promisedUs, why)];
  }
  const struck = views.filter(({ service, outages }) => outages.length > 0 || alarm(service) !== null);
  return [
    ...detectedAt(record, 'detection', general, promisedUs),
    ...struck.flatMap((view) =>
      view.service === '' || alarm(view.service) !== null
        ? detectionOf(record, view, promisedUs)
        : [unknown(`${view.service}: detection`, promisedUs, 'no alarm was about what it stands on')],
    ),
  ];
}

/**
 * From the effect of the disaster to the first alarm of the platform's own, or of a stand-in where it raised none; of services that it struck. One that
 * is promised at once (0) has no time by which it could be kept or broken.
 */
function detectionOf(record: RunRecord, view: View, promisedUs: number): PromiseRow[] {
  const alerts = record.plan.detectors.alerts !== undefined;
  const alarm = alarmOf(record, view.service) ?? (alerts ? alarmOf(record, view.service, true) : null);
  const own = view.clocks.find((one) => one.clock === 'detected');
  // Without any alert it is what clients could know.
  const clock = alarm ?? (own && alerts && isClients(own.note) ? { ...own, observer: 'derived' } : own);
  if (view.service === '' || !clock || (clock.at === null && clock.note === 'never down')) return [];
  return detectedAt(record, `${view.service}: detection`, clock, promisedUs);
}

function detectedAt(
  record: RunRecord,
  promise: string,
  clock: Omit<RtoClock, 'clock'>,
  promisedUs: number,
): PromiseRow[] {
  const why = whyUnproven(record);
  if (why !== null) return [unknown(promise, promisedUs, why)];
  const effective = record.disaster?.effective as Instant;
  if (!clock.at) return [unknown(promise, promisedUs, clock.note)];
  const measured = {
    lower: Math.max(0, clock.at.notBefore_us - effective.notAfter_us),
    upper: Math.max(0, clock.at.notAfter_us - effective.notBefore_us),
  };
  const { health, driver, nodetool, alerts } = record.plan.detectors;
  const looked = health !== null || driver || nodetool !== null || alerts !== undefined;
  const unseen = looked ? 'no detector raised an alarm' : 'nothing detects here';
  const said = clock.observer === 'derived' ? `${unseen}; clients knew by ${clock.note}` : clock.note;
  const note = [said, ...alertsBeside(record)].join('; ');
  // What clients could know is no alarm, and a stand-in's is not the platform's.
  const kept = clock.observer === 'platform' && promisedUs > 0 ? judge(measured, promisedUs) : 'unknown';
  return [{ promise, promised_us: promisedUs, measured_us: measured, observer: clock.observer, kept, note }];
}

/** Of the alerts of the platform's monitoring, while the disaster was in force: those that were expected and did not fire, and those that fired and were not expected. */
function alertsBeside({ plan, events, disaster, faults }: RunRecord): readonly string[] {
  const expect = plan.detectors.alerts?.expect;
  if (!expect || !disaster) return [];
  const fired = eventsOf(events, 'alert').filter(
    ({ at_us, data }) =>
      data.state === 'firing' &&
      at_us >= disaster.requestedUs &&
      at_us <= (disaster.goneUs ?? Number.POSITIVE_INFINITY),
  );
  const report = faults.find((fault) => fault.report.id === disaster.id)?.report;
  const struck = report ? [report.target, ...(report.also ?? [])] : [];
  const asExpected = ({ data }: (typeof fired)[number]): boolean => data.expected && struck.includes(data.site);
  const silent = expect.filter((name) => !fired.some((one) => one.data.alert === name && asExpected(one)));
  const others = fired.filter((one) => !asExpected(one)).map(({ data }) => `${data.alert} (${data.site || 'no site'})`);
  return [
    ...(silent.length > 0 ? [`expected, and not fired: ${silent.join(', ')}`] : []),
    others.length > 0 ? `not expected, and fired: ${[...new Set(others)].join(', ')}` : 'no other alert fired',
  ];
}

/** From the order for each backup until it was shown to be whole; one that was not taken keeps no promise. */
function backupTimes(backups: Backups | null, promisedUs: number): PromiseRow[] {
  const { taken = [], notTaken = [] } = backups ?? {};
  return [
    ...taken.map(({ backup, from_us, to_us }): PromiseRow => {
      const measured_us = { lower: to_us - from_us, upper: to_us - from_us };
      return timed(
        `backup ${backup}`,
        promisedUs,
        measured_us,
        'with the time in which each of its files was read again',
      );
    }),
    ...notTaken.map((name) => unknown(`backup ${name}`, promisedUs, 'not taken, or not whole')),
  ];
}

/** From the order to restore to everything serving again. */
function restoreTimes(backups: Backups | null, promisedUs: number): PromiseRow[] {
  const { tested = [], restored = [] } = backups ?? {};
  if (tested.length + restored.length === 0) return [unknown('restore', promisedUs, 'nothing was restored')];
  return [
    ...tested.map(({ backup, served_us }) => {
      const took = { lower: served_us, upper: served_us };
      return timed(`restore from ${backup}, beside the platform`, promisedUs, took, '');
    }),
    ...restored.map(({ backup, all_us }) => {
      const promise = `restore from ${backup}`;
      return all_us ? timed(promise, promisedUs, all_us, '') : unknown(promise, promisedUs, 'not timed');
    }),
  ];
}

function timed(promise: string, promisedUs: number, measured_us: Interval, note: string): PromiseRow {
  return {
    promise,
    promised_us: promisedUs,
    measured_us,
    observer: 'harness',
    kept: judge(measured_us, promisedUs),
    note,
  };
}

/**
 * The first alarm about a service, or about none, that is no stand-in's, or that is one's; null: there was none. Where the platform is to detect by its alerts, only those
 * do: what its clients' drivers notice tells nobody.
 */
function alarmOf(record: RunRecord, service: string | undefined, simulated = false): Omit<RtoClock, 'clock'> | null {
  const byAlerts = record.plan.detectors.alerts !== undefined;
  const alarm = eventsOf(record.events, 'detected').find(
    ({ data }) =>
      data.fault === record.disaster?.id &&
      data.service === service &&
      data.simulated === simulated &&
      !(byAlerts && isClients(data.detector)),
  );
  if (!alarm) return null;
  const at = { notBefore_us: alarm.at_us, notAfter_us: alarm.at_us };
  return { at, observer: simulated ? 'simulated' : 'platform', note: alarm.data.detector };
}

/** By the names that detectors have in the journal: `driver at london (paris): …`, `nodetool status at london (paris): …`. */
function isClients(detector: string): boolean {
  return /^(driver|nodetool status) at /.test(detector);
}

/** From the request that the fault end, or from its effect where it was over before, to its site's own probes being up again. */
function normalOf(record: RunRecord, views: readonly View[], promisedUs: number): PromiseRow[] {
  const disaster = record.faults.find(({ report }) => report.disaster)?.report;
  const own = views.filter(
    ({ service, site }) =>
      service === '' && disaster !== undefined && [disaster.target, ...(disaster.also ?? [])].includes(site),
  );
  const why = whyUnproven(record) ?? (own.length === 0 ? 'no probe looks at the site alone' : null);
  const restartedHere = record.plan.timeline.some(({ id, restarts }) => id === disaster?.id && restarts);
  const release = disaster?.releaseRequested;
  const effective = record.disaster?.effective;
  if (why !== null || !release || !effective)
    return [unknown('back to normal', promisedUs, why ?? 'the fault was not told to end')];
  return own.map((view): PromiseRow => {
    const promise = `${view.probe} at ${view.site}: back to normal`;
    const base = { promise, promised_us: promisedUs, observer: 'client' };
    const hit = view.outages.filter(({ down_us, up_us }) => {
      return down_us < release.notAfter_us && (up_us ?? Number.POSITIVE_INFINITY) > effective.notBefore_us;
    });
    const last = hit.at(-1);
    const stuck = stuckAt(record, view, release) ?? (last ? restartedToHeal(record, view, last) : undefined);
    if (stuck) {
      // Ended by the laboratory: had it not been, it would have taken longer than this.
      const kept = stuck.at_us - release.notAfter_us > promisedUs ? 'broken' : 'unknown';
      return { ...base, measured_us: null, kept, note: `it did not come back by itself: ${stuck.data.what}` };
    }
    // A component that the fault did not strike at all keeps no promise by it.
    if (!last)
      return { ...base, measured_us: null, kept: 'unknown', note: 'never down: there was nothing to come back from' };
    if (last.up_us === null) return { ...base, measured_us: null, kept: 'unknown', note: 'the outage is open' };
    const over = last.up_us <= release.notBefore_us;
    const from = over ? effective : release;
    // It may have been there any time since the last operation that failed.
    const lower = Math.max(0, (last.end?.notBefore_us ?? last.up_us) - from.notAfter_us);
    const measured = { lower, upper: Math.max(0, last.up_us - from.notBefore_us) };
    const counted = over ? ['up before the fault was told to end, so counted from its effect'] : [];
    if (restartedHere) {
      const note = ['started again by the laboratory, which keeps no promise of the platform', ...counted].join('; ');
      return { ...base, measured_us: measured, observer: 'simulated', kept: 'unknown', note };
    }
    return { ...base, measured_us: measured, kept: judge(measured, promisedUs), note: counted.join() };
  });
}

/** What a view stands on at its site was started anew by the laboratory, because it ran and did not serve. */
function stuckAt({ events }: RunRecord, { probe, site }: View, release: Instant) {
  const component = componentBehind(probe);
  // Behind a probe that is not known here may stand whatever was started anew at its site.
  const named = component === null ? `${site} ` : `${site} ${component}/`;
  return eventsOf(events, 'platform-event').find(
    ({ at_us, data }) =>
      data.kind === 'component-stuck' && at_us >= release.notBefore_us && data.what.startsWith(named),
  );
}

/** What the harness restarted at the view's site, or what its component stands on, in an outage that was not over by then. */
function restartedToHeal({ events }: RunRecord, { site }: View, { up_us }: View['outages'][number]) {
  return eventsOf(events, 'platform-event').find(
    ({ at_us, data }) =>
      data.kind === RESTARTED_TO_HEAL &&
      data.what.includes(` of ${site}, `) &&
      at_us < (up_us ?? Number.POSITIVE_INFINITY),
  );
}

/** Why nothing can be counted from the disaster; null: it held. */
function whyUnproven({ disaster }: RunRecord): string | null {
  if (!disaster) return 'there was no disaster';
  if (!disaster.effective) return 'the disaster was not shown to be effective';
  return disaster.lapsed ? 'the disaster lapsed while it should have held' : null;
}

function judge({ lower, upper }: Interval, promisedUs: number): PromiseRow['kept'] {
  if (upper !== null && upper <= promisedUs) return 'kept';
  return lower > promisedUs ? 'broken' : 'unknown';
}

function unknown(promise: string, promisedUs: number, note: string): PromiseRow {
  return { promise, promised_us: promisedUs, measured_us: null, observer: '', kept: 'unknown', note };
}
