import { join } from 'node:path';
import { parseCsvLine } from '../history/csv.ts';
import type { CsvWriter } from '../history/csv-writer.ts';
import { openReadBackWriter } from '../history/read-back-csv.ts';
import { OUTSIDE } from '../scenario/plan.ts';
import type { FaultLease } from './fault-lease.ts';
import { exchanged, hintsSettled } from './hints.ts';
import { type Asked, type PlaceRead, readPlaces, type Stages } from './reading.ts';
import type { Session } from './session.ts';

/**
 * Looks at every site for what was acknowledged since the disaster and no stage of `read-back.csv` asks for there: what sites that nobody left served while the fault
 * was in force, and what came after it. Nothing is measured any more. What is missing is read once more when hints have had their time: only that row stands.
 */
export async function readLater(
  session: Session,
  stages: Stages,
  { planned, effective, gone }: FaultLease,
  signal: AbortSignal,
): Promise<void> {
  if (!effective) return;
  const endedUs = session.clock.nowUs();
  const asked = stages.later(effective.notAfter_us, gone?.notAfter_us ?? Number.POSITIVE_INFINITY);
  if (asked.every(({ writes }) => writes.length === 0)) return;
  await session.phase('read-back', 'reading back at every site what was acknowledged since the disaster');
  const file = (await openReadBackWriter(join(session.directory.path, 'later.csv'))) as CsvWriter<never>;
  let first: readonly PlaceRead[];
  let second: readonly PlaceRead[] = [];
  let settled: boolean | undefined;
  const held = new HeldRows();
  try {
    first = await look(session, planned.id, asked, (rows) => file.write(held.present(rows)), signal);
    if (held.places.size > 0) {
      await exchanged(session, endedUs, signal);
      ({ settled } = await hintsSettled(session, signal));
      second = await look(session, planned.id, held.of(asked), (rows) => file.write(rows), signal);
    }
  } finally {
    await file.close();
  }
  for (const { unasked: _, ...place } of first) {
    const at = nameOf(place);
    const after = second.find((other) => nameOf(other) === at);
    const again = held.places.get(at)?.size ?? 0;
    const complete = place.complete && (again === 0 || after?.complete === true);
    const { present = 0, phantom = 0 } = place.counts;
    const counts: Record<string, number> = { ...(present > 0 && { present }), ...(phantom > 0 && { phantom }) };
    for (const [state, n] of Object.entries(after?.counts ?? {})) counts[state] = (counts[state] ?? 0) + n;
    await session.journal.append('later-read', {
      ...{ fault: planned.id, ...place, again, counts, complete },
      ...(again > 0 && settled !== undefined && { settled }),
    });
  }
}

/** One pass: every site by a reader of its own, all at once. */
async function look(
  session: Session,
  fault: string,
  asked: readonly Asked[],
  onRows: (rows: string) => Promise<void>,
  signal: AbortSignal,
): Promise<readonly PlaceRead[]> {
  const one = new AbortController();
  const limit = AbortSignal.any([signal, one.signal]);
  const sites = session.plan.platform.sites.map(async ({ name }) => {
    const here = asked.filter(({ sites }) => sites.includes(name)).map((some) => ({ ...some, sites: [name] }));
    return lookAtSite(session, fault, here, onRows, limit);
  });
  try {
    return (await Promise.all(sites)).flat();
  } finally {
    // Where one cannot be looked at, nobody is at work any more when that is said.
    one.abort();
    await Promise.allSettled(sites);
  }
}

/** Its last rows may come after its last answer, and are there once it has ended. */
async function lookAtSite(
  session: Session,
  fault: string,
  asked: readonly Asked[],
  onRows: (rows: string) => Promise<void>,
  signal: AbortSignal,
): Promise<readonly PlaceRead[]> {
  const written: Promise<void>[] = [];
  const reader = session.readerAt(OUTSIDE, (rows) => {
    const done = onRows(rows);
    done.catch(() => {});
    written.push(done);
  });
  const places: PlaceRead[] = [];
  try {
    for await (const place of readPlaces({ plan: session.plan, reader, alone: true }, 'later', fault, asked, signal))
      places.push(place);
  } finally {
    await reader[Symbol.asyncDispose]();
  }
  await Promise.all(written);
  return places;
}

/** What was not there at first, by place: rows that another look is to replace. */
class HeldRows {
  readonly places = new Map<string, Set<string>>();

  /** The rows, whole lines, without those that it holds back. */
  present(rows: string): string {
    const lines = rows.split('\n').filter((line) => line !== '');
    const there = lines.filter((line) => {
      const [, , site = '', probe = '', key = '', state] = parseCsvLine(line);
      // Twice is not missing.
      if (state === 'present' || state === 'phantom') return true;
      const at = nameOf({ site, probe });
      this.places.set(at, (this.places.get(at) ?? new Set()).add(key));
      return false;
    });
    return there.map((line) => `${line}\n`).join('');
  }

  /** Of what was asked, what it holds back. */
  of(asked: readonly Asked[]): readonly Asked[] {
    return asked.flatMap(({ live, sites, writes }) =>
      sites.flatMap((site) => {
        const missing = this.places.get(nameOf({ site, probe: live.timetable.probe }));
        return missing ? [{ live, sites: [site], writes: writes.filter(({ key }) => missing.has(key)) }] : [];
      }),
    );
  }
}

function nameOf({ site, probe }: { readonly site: string; readonly probe: string }): string {
  return `${probe} ${site}`;
}
