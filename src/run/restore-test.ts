import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { backupInColumn } from '../history/backup.ts';
import type { CsvWriter } from '../history/csv-writer.ts';
import { openReadBackWriter } from '../history/read-back-csv.ts';
import type { RestoredCopy } from '../platform/backups.ts';
import { targetOf } from './reading.ts';
import { keepRenewed, LEASE_TTL_MS } from './renewal.ts';
import { inRecord } from './restored.ts';
import type { Session } from './session.ts';
import { deadline, orRejected, pause } from './wait.ts';

const OPEN_MS = 600_000;
const UNDO_MS = 60_000;
/** For the rows of what was acknowledged just before the backup began to arrive from the clients, which send them several times a second. */
const ROWS_MS = 2_000;
/** Margin over the reader's own deadline, for its answer. */
const ANSWER_MS = 10_000;

interface Tested {
  readonly name: string;
  readonly site: string;
  /** When the backup began. */
  readonly from_us: number;
}

/**
 * Restores a site's part of a backup into a system of its own and looks there for everything that was acknowledged before the backup began. What was
 * restored is taken away again whatever becomes of it; the platform does so by itself when this process is gone.
 */
export async function testRestore(session: Session, tested: Tested, signal: AbortSignal): Promise<void> {
  const { platform, clock, journal } = session;
  const { restoreTests } = platform.abilities;
  if (!restoreTests) throw new Error('a plan with a restore test on a platform that has none');
  const id = `restore-test-${tested.name}`;
  const from_us = clock.nowUs();
  say(session, `restoring the backup ${tested.name} of ${tested.site} beside the platform`);
  const over = new AbortController();
  try {
    const undo = [{ kind: 'restore-test', params: { id } }] as const;
    session.beside.add(id);
    await platform.register.record({ fault: id, run: session.directory.run, undo }, LEASE_TTL_MS, signal);
    void keepRenewed(platform.register, id, over.signal);
    const limit = deadline(signal, OPEN_MS, `the restore of the backup ${tested.name}`);
    const opening = restoreTests.open(id, { site: tested.site, backup: tested.name }, limit);
    const copy = await orRejected(opening, limit);
    const served_us = clock.nowUs();
    await pause(Math.max(0, ROWS_MS - (clock.nowUs() - tested.from_us) / 1000), signal);
    const read = await readCopy(session, tested, copy, signal);
    const nodes = copy.nodes.map(inRecord);
    const times = { from_us, served_us, to_us: clock.nowUs(), graph_us: copy.graphUs };
    await journal.append('restore-tested', { backup: tested.name, site: tested.site, ...times, nodes, ...read });
    say(session, `${read.counts.present ?? 0} of ${read.asked} writes from before the backup ${tested.name} are in it`);
  } finally {
    over.abort();
    // What was wrong before it is what is to be known; the heal tries again, and says what stays.
    await takeAway(session, id).catch((error: unknown) => say(session, messageOf(error)));
  }
}

async function takeAway({ platform, beside }: Session, id: string): Promise<void> {
  const limit = deadline(new AbortController().signal, UNDO_MS, `${id} to be taken away`);
  const results = await orRejected(platform.register.undo(id, limit), limit);
  if (results.every(({ ok }) => ok)) beside.delete(id);
}

/** What each key that was acknowledged before is there: rows of `restore-test.csv`, and their counts. */
async function readCopy(
  session: Session,
  { name, site, from_us }: Tested,
  copy: RestoredCopy,
  signal: AbortSignal,
): Promise<{ asked: number; counts: Record<string, number>; complete: boolean }> {
  const { plan, live, directory } = session;
  const { rate, within_us, attempts } = plan.readBack;
  const file = (await openReadBackWriter(join(directory.path, 'restore-test.csv'))) as CsvWriter<never>;
  const reader = session.readerAt(copy.client, (rows) => {
    file.write(rows).catch((error: Error) => session.breakOff(error));
  });
  const counts: Record<string, number> = {};
  let asked = 0;
  let complete = true;
  try {
    for (const one of live.timetables) {
      const mine = live.writesOf(one, ({ outcome, completedUs }) => outcome === 'ok' && completedUs < from_us);
      if (mine.length === 0) continue;
      const target = targetOf(plan, one.timetable, site);
      const { resolver: _, ...place } = target.site;
      const { cassandra, janusgraph } = copy.endpoints;
      const there = {
        ...target,
        site: { ...place, endpoints: { cassandra: [...cassandra], janusgraph: [...janusgraph] } },
      };
      const withinMs = within_us / 1000;
      const result = await reader.run(
        {
          type: 'read-back',
          target: there,
          stage: 'restore-test',
          fault: backupInColumn(name),
          writes: mine.map(({ key, seq }) => ({ key, seq })),
          rate,
          withinMs,
          attempts,
          alone: false,
        },
        AbortSignal.any([signal, AbortSignal.timeout(withinMs + ANSWER_MS)]),
      );
      asked += mine.length;
      for (const [state, n] of Object.entries(result.counts ?? {})) counts[state] = (counts[state] ?? 0) + n;
      complete &&= result.complete === true;
    }
  } finally {
    // Its last rows may come after its last answer.
    await reader[Symbol.asyncDispose]();
    await file.close();
  }
  return { asked, counts, complete };
}

function say(session: Session, text: string): void {
  session.say({ phase: session.phaseNow, text });
}
