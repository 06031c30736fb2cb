import { warmWrites } from '../client/warm-up.ts';
import { isWrite, writeKey } from '../history/timetable.ts';
import type { ExpectedWrite } from '../probes/probe.ts';
import { canarySite } from './canary.ts';
import type { LiveTimetable } from './live-timetable.ts';
import { targetOf } from './reading.ts';
import type { Session } from './session.ts';

/**
 * Deletes everything that the run wrote, site by site, and says what is left. Where a client may have died with rows that it had not handed over,
 * `which` is to be whatever may have been written.
 */
export async function cleanUp(
  session: Session,
  signal: AbortSignal,
  which: 'what was written' | 'whatever may have been written',
): Promise<number> {
  const { plan, live, canaries, reader, journal, proofs } = session;
  const { run } = session.directory;
  const sites = plan.platform.sites.map(({ name }) => name);
  let left = 0;
  for (const probe of new Set(plan.timetables.map((timetable) => timetable.probe))) {
    const mine = [...live.timetables, ...canaries].filter(({ timetable }) => timetable.probe === probe);
    const writes = mine.flatMap((one) => {
      const used = plan.services[one.timetable.service]?.sites ?? [canarySite(plan)];
      const known = which === 'what was written' ? live.writesOf(one, () => true) : due(session, one);
      return [...known, ...warmWrites(run, one.timetable, used)];
    });
    const [{ timetable }] = mine as [LiveTimetable];
    const asked = [...writes.map(({ key, seq }) => ({ key, seq })), ...(proofs.get(probe) ?? [])];
    const targets = sites.map((site) => targetOf(plan, timetable, site));
    const result = await reader.run({ type: 'cleanup', targets, writes: asked, mayScan: plan.integrity.scan }, signal);
    left += result.left ?? 0;
    // A journal that cannot be written any more must not keep the other probes' rows.
    await journal
      .append('cleanup-done', {
        probe,
        asked: asked.length,
        left: result.left ?? 0,
        ...(result.struck !== undefined && { struck: result.struck }),
      })
      .catch((error: Error) => session.breakOff(error));
  }
  return left;
}

/** Every write that a timetable can have begun by now, whether or not its client ever said so. */
function due({ directory, clock }: Session, live: LiveTimetable): readonly ExpectedWrite[] {
  const slots = Array.from({ length: live.due(clock.nowUs()) }, (_, k) => k);
  return slots.filter(isWrite).map((seq) => ({ key: writeKey(directory.run, live.timetable, seq), seq }));
}
