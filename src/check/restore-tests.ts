import { backupInColumn } from '../history/backup.ts';
import { eventsOf } from '../history/read-journal.ts';
import type { Backups } from './backups-schema.ts';
import type { WrittenKey } from './key-join.ts';
import type { ReadPlace } from './load-read-back.ts';
import { OK } from './operations.ts';
import { type Found, isLost, stateIn } from './rpo.ts';
import type { RunRecord } from './run-record.ts';

type Tested = Backups['tested'][number];

const LISTED = 20;

interface Test {
  readonly data: Pick<Tested, 'backup' | 'site' | 'served_us' | 'graph_us' | 'nodes'>;
  /** When the backup began; nothing that was acknowledged later must be in it. */
  readonly untilUs: number;
  /** The place of each probe. */
  readonly places: ReadonlyMap<string, number>;
  readonly counts: Map<Found, number>;
  ledger: number;
  missing: { readonly key: string; readonly acknowledged_us: number; readonly state: Found }[];
}

/** What was acknowledged before a backup began, looked for in what was restored from it beside the platform. Every key is given once, in any order. */
export class RestoreTestTally {
  private readonly tests: readonly Test[];

  constructor({ events }: RunRecord, places: readonly ReadPlace[]) {
    const began = new Map(eventsOf(events, 'backup-taken').map(({ data }) => [data.backup, data.from_us]));
    this.tests = eventsOf(events, 'restore-tested').map(({ data }): Test => {
      const { backup, site, from_us, served_us, graph_us, nodes } = data;
      const mine = [...places.entries()].filter(
        ([, { stage, fault, site: at }]) => stage === 'restore-test' && fault === backupInColumn(backup) && at === site,
      );
      return {
        data: { backup, site, served_us: served_us - from_us, graph_us, nodes: [...nodes] },
        untilUs: began.get(backup) ?? Number.NEGATIVE_INFINITY,
        places: new Map(mine.map(([number, { probe }]) => [probe, number])),
        counts: new Map(),
        ledger: 0,
        missing: [],
      };
    });
  }

  add({ probe }: { readonly probe: string }, key: WrittenKey): void {
    for (const test of this.tests) {
      if (key.outcome !== OK || key.completedUs >= test.untilUs) continue;
      const state = stateIn(key, [test.places.get(probe) ?? -1]);
      test.ledger++;
      test.counts.set(state, (test.counts.get(state) ?? 0) + 1);
      if (state === 'present') continue;
      test.missing.push({ key: key.key(), acknowledged_us: key.completedUs, state });
      if (test.missing.length > 100 * LISTED) test.missing = firstOf(test.missing);
    }
  }

  results(): Tested[] {
    return this.tests.map(({ data, ledger, counts, missing }) => {
      const lower = [...counts].reduce((sum, [state, n]) => sum + (isLost(state) ? n : 0), 0);
      return {
        ...data,
        ledger,
        missing: { lower, upper: lower + (counts.get('unreadable') ?? 0) },
        byState: Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
        missingKeys: firstOf(missing),
      };
    });
  }
}

function firstOf(missing: Test['missing']): Test['missing'] {
  return missing.toSorted((a, b) => a.acknowledged_us - b.acknowledged_us || (a.key < b.key ? -1 : 1)).slice(0, LISTED);
}
