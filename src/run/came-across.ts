import type { Unasked } from '../client/reader-protocol.ts';
import { checksum } from '../history/checksum.ts';
import type { ReadBackRow } from '../history/operation.ts';
import { splitKey } from '../history/timetable.ts';
import type { LiveTimetable } from './live-timetable.ts';

type Where = Pick<ReadBackRow, 'stage' | 'fault' | 'site' | 'probe'>;

/**
 * What the read-backs found beside what they asked for. Most of it is the run's own, written since or not asked for at that stage: what is not
 * can be told only when every operation is complete.
 */
export class CameAcross {
  private readonly found = new Map<string, ReadBackRow>();

  add(where: Where, unasked: readonly Unasked[]): void {
    for (const one of unasked) {
      const row: ReadBackRow = { ...where, state: 'phantom', ...one };
      this.found.set([where.stage, where.fault, where.site, where.probe, one.key].join('\u0000'), row);
    }
  }

  /** Rows of what nobody wrote so: under no key of the run, under one whose write was certainly not applied, or with another value. */
  phantoms(timetables: readonly LiveTimetable[]): readonly ReadBackRow[] {
    const written = new Map(timetables.flatMap(({ writes }) => [...writes.values()].map((one) => [one.key, one])));
    return [...this.found.values()].filter(({ key, valueSha }) => {
      const write = written.get(key);
      return !write || write.outcome === 'fail' || valueSha !== checksum(key, splitKey(key).seq);
    });
  }
}
