import { messageOf } from '../errors.ts';
import type { FaultLease } from './fault-lease.ts';
import { type Leftover, releaseAgain } from './release.ts';
import { restartSilent } from './restart-silent.ts';
import { sayRestored, undoBeside } from './restored.ts';
import type { Session } from './session.ts';

/** To be served by what was restarted. */
const SERVED_MS = 120_000;

/**
 * Undoes every fault of a run that is not gone. Where nothing of it is in force any more and nothing is served all the same, what does not serve is restarted once, if the
 * platform is this run's `alone`. What could not be undone is returned, in words. Ends by itself.
 */
export async function heal(session: Session, alone: boolean): Promise<readonly string[]> {
  const { leases } = session;
  const say = (text: string): void => session.say({ phase: session.phaseNow, text });
  const open = leases.filter(isOpen);
  for (const { planned } of open) say(`healing ${planned.id}`);
  const total = AbortSignal.timeout(session.patienceMs);
  // At once: what was made beside the platform, and hangs, takes no time from the faults.
  const [beside, released] = await Promise.all([
    undoBeside(session, total),
    releaseAgain(
      open.filter((lease) => leftMs(session, lease) > 0),
      (lease) => AbortSignal.any([total, AbortSignal.timeout(leftMs(session, lease))]),
      say,
    ),
  ]);
  const silent = open.filter((lease) => isOpen(lease) && lease.awaitsService);
  const left = [
    ...released.filter(({ lease }) => !silent.includes(lease)),
    ...(await restartFor(session, silent, alone)),
  ];
  await sayRestored(session).catch((error: unknown) => say(messageOf(error)));
  const stays = left.flatMap(({ lease, error }): string[] => {
    const text = `${lease.planned.id}: ${messageOf(error)}`;
    if (isOpen(lease)) return [text];
    say(text);
    return [];
  });
  return [...beside, ...stays];
}

/**
 * The same in the middle of a run, of `leases` that were released for as long as the scenario lets them: `left` of them, which is returned without those that are gone by now. What
 * was not undone, or goes on in another way, is not waited for again.
 */
export async function bringBack(
  session: Session,
  left: readonly Leftover[],
  signal: AbortSignal,
): Promise<readonly Leftover[]> {
  const say = (text: string): void => session.say({ phase: session.phaseNow, text });
  const isSilent = ({ lease }: Leftover): boolean => isOpen(lease) && lease.awaitsService;
  if (left.length === 0 || signal.aborted || !left.every(isSilent)) return left;
  const leases = left.map(({ lease }) => lease);
  const patient = leases.filter((lease) => leftMs(session, lease) > 0);
  await releaseAgain(patient, (lease) => AbortSignal.any([signal, AbortSignal.timeout(leftMs(session, lease))]), say);
  signal.throwIfAborted();
  return restartFor(session, leases.filter(isOpen), true);
}

/** Restarts what serves nothing although these are undone, and waits until it serves. Returns those that are not gone then. */
async function restartFor(
  session: Session,
  leases: readonly FaultLease[],
  alone: boolean,
): Promise<readonly Leftover[]> {
  if (leases.length === 0) return [];
  const failure = await restartSilent(session, leases, alone);
  if (failure !== null) return leases.map((lease) => ({ lease, error: failure }));
  const limit = AbortSignal.timeout(SERVED_MS);
  return releaseAgain(
    leases,
    () => limit,
    (text) => session.say({ phase: session.phaseNow, text }),
  );
}

/** What is left of the time in which it must serve by itself; at least 1 where there is any. */
function leftMs({ patienceMs, clock }: Session, { awaitsService, releasedUs }: FaultLease): number {
  if (!awaitsService || releasedUs === null) return patienceMs;
  return Math.max(0, patienceMs - Math.floor((clock.nowUs() - releasedUs) / 1_000));
}

function isOpen({ requested, gone }: FaultLease): boolean {
  return requested && !gone;
}
