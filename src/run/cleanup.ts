import { warmWrites } from '../client/warm-up.ts';
import { messageOf } from '../errors.ts';
import { isWrite, writeKey } from '../history/timetable.ts';
import type { ExpectedWrite } from '../probes/probe.ts';
import type { Timetable } from '../scenario/plan.ts';
import { canarySite } from './canary.ts';
import type { LiveTimetable } from './live-timetable.ts';
import { kindOf, kindsOf, targetOf } from './reading.ts';
import type { Session } from './session.ts';

/**
 * Deletes everything that the run wrote, site by site, and says what is left. Where a client may have died with rows that it had not handed over,
 * `which` is to be whatever may have been written. What cannot be deleted keeps nothing else from being: an Error says so in the end.
 */
export async function cleanUp(
  session: Session,
  signal: AbortSignal,
  which: 'what was written' | 'whatever may have been written',
): Promise<number> {
  let left = 0;
  const failed: unknown[] = [];
  for (const kind of kindsOf(session.plan)) {
    try {
      left += await cleanUpAfter(session, kind, signal, which);
    } catch (error) {
      signal.throwIfAborted();
      failed.push(error);
    }
  }
  if (failed.length === 0) return left;
  if (failed.length === 1 && left === 0) throw failed[0];
  throw new Error([...failed.map(messageOf), ...(left > 0 ? [`${left} elements of the run are left`] : [])].join('; '));
}

async function cleanUpAfter(
  session: Session,
  kind: Timetable,
  signal: AbortSignal,
  which: Parameters<typeof cleanUp>[2],
): Promise<number> {
  const { plan, live, canaries, reader, journal, proofs } = session;
  const { run } = session.directory;
  const { probe } = kind;
  const mine = [...live.timetables, ...canaries].filter(({ timetable }) => kindOf(timetable) === kindOf(kind));
  const writes = mine.flatMap((one) => {
    const used = plan.services[one.timetable.service]?.sites ?? [canarySite(plan)];
    const known = which === 'what was written' ? live.writesOf(one, () => true) : due(session, one);
    return [...known, ...warmWrites(run, one.timetable, used)];
  });
  const asked = [...writes.map(({ key, seq }) => ({ key, seq })), ...(proofs.get(probe) ?? [])];
  const targets = plan.platform.sites.map(({ name }) => targetOf(plan, kind, name));
  const result = await reader.run({ type: 'cleanup', targets, writes: asked, mayScan: plan.integrity.scan }, signal);
  // A journal that cannot be written any more must not keep the other probes' rows.
  await journal
    .append('cleanup-done', {
      probe,
      asked: asked.length,
      left: result.left ?? 0,
      ...(result.struck !== undefined && { struck: result.struck }),
    })
    .catch((error: Error) => session.breakOff(error));
  return result.left ?? 0;
}

/** Every write that a timetable can have begun by now, whether or not its client ever said so. */
function due({ directory, clock }: Session, live: LiveTimetable): readonly ExpectedWrite[] {
  const slots = Array.from({ length: live.due(clock.nowUs()) }, (_, k) => k);
  return slots.filter(isWrite).map((seq) => ({ key: writeKey(directory.run, live.timetable, seq), seq }));
}
