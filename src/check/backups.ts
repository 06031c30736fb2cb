import { eventsOf } from '../history/read-journal.ts';
import type { Backups } from './backups-schema.ts';
import type { RestoreTestTally } from './restore-tests.ts';
import type { RunRecord } from './run-record.ts';

/** Backups of a run, and what was restored; null: its plan has none. */
export function backupsOf({ plan, events, faults, disaster }: RunRecord, tests: RestoreTestTally): Backups | null {
  if (plan.backups.length === 0) return null;
  const taken = eventsOf(events, 'backup-taken').map(({ data }) => data);
  const effectiveUs = disaster?.effective?.notAfter_us;
  return {
    taken: taken.map((one) => {
      const before = effectiveUs !== undefined && one.from_us < effectiveUs;
      return { ...one, nodes: [...one.nodes], age_us: before ? effectiveUs - one.from_us : null };
    }),
    notTaken: plan.backups.flatMap(({ name }) => (taken.some(({ backup }) => backup === name) ? [] : [name])),
    tested: tests.results(),
    notTested: plan.backups.flatMap(({ name, restoreTest }) => {
      const done = eventsOf(events, 'restore-tested').some(({ data }) => data.backup === name);
      return restoreTest === undefined || done ? [] : [name];
    }),
    restored: eventsOf(events, 'restored').map(({ data }) => {
      const fault = faults.find(({ report }) => report.id === data.fault)?.report;
      const { releaseRequested: from, gone: to } = fault ?? {};
      // What the platform undid by itself before it was asked says nothing of how long that took.
      const all_us =
        from && to && fault?.lapsed.length === 0
          ? { lower: to.notBefore_us - from.notAfter_us, upper: to.notAfter_us - from.notBefore_us }
          : null;
      const { of } = taken.find(({ backup }) => backup === data.backup) ?? {};
      return {
        ...data,
        ...(of && { of }),
        nodes: [...data.nodes],
        all_us: all_us && { ...all_us, lower: Math.max(0, all_us.lower) },
      };
    }),
  };
}
