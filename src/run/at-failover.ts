import { FAULTS, faultType } from '../faults/registry.ts';
import { PROBES } from '../probes/registry.ts';
import type { PlannedFault, Timetable } from '../scenario/plan.ts';
import { takes } from '../scenario/strikes.ts';
import { struckSites } from '../scenario/struck-sites.ts';
import { WINDOWS_THAT_HOLD } from '../scenario/windows.ts';
import type { FaultLease } from './fault-lease.ts';
import { readBack, type Stages } from './reading.ts';
import type { Session } from './session.ts';
import { deadline, until } from './wait.ts';

/**
 * The services that may be served while the disaster is in force. Where nothing is left to one before its end, nobody waits for it until then, and nothing of it can be
 * read back.
 */
export function servedMeanwhile({ plan }: Pick<Session, 'plan'>, disaster: PlannedFault): ReadonlySet<string> {
  const struck = new Set(struckSites(disaster));
  const { onlyItsEndHelps } = faultType(disaster.type);
  const served = Object.entries(plan.services).filter(
    ([, { probe, sites }]) =>
      !onlyItsEndHelps || !takesProbe(disaster, probe) || sites.some((site) => !struck.has(site)),
  );
  return new Set(served.map(([name]) => name));
}

/** Those that have to wait for its end. */
export function servedAfterwards(session: Pick<Session, 'plan'>, disaster: PlannedFault): ReadonlySet<string> {
  const meanwhile = servedMeanwhile(session, disaster);
  return new Set(Object.keys(session.plan.services).filter((name) => !meanwhile.has(name)));
}

function takesProbe(disaster: PlannedFault, probe: string): boolean {
  return takes(disaster, PROBES.get(probe)?.component, FAULTS);
}

/** Waits until those services are restored that may be then, or their time is over, and reads back every write of their probes in the ledger at the site that serves now. */
export async function readAtFailover(
  session: Session,
  stages: Stages,
  { planned, effective, gone }: FaultLease,
  when: 'meanwhile' | 'afterwards',
  signal: AbortSignal,
): Promise<void> {
  const meanwhile = servedMeanwhile(session, planned);
  const services = when === 'meanwhile' ? meanwhile : servedAfterwards(session, planned);
  // A probe is read once, at the same sites: of two services that have it one may have been served meanwhile.
  const early = new Set([...meanwhile].map((name) => session.plan.services[name]?.probe));
  const isNow = ({ probe }: Pick<Timetable, 'probe'>): boolean => early.has(probe) === (when === 'meanwhile');
  if (!effective || services.size === 0 || !session.plan.timetables.some(isNow)) return;
  await serviceRestored(session, effective.notAfter_us, services, signal);
  await session.phase(
    'read-back',
    'reading back every write acknowledged before the disaster, at the site that serves now',
  );
  // Where something of it goes on in its site (another node, or what it does not stand on), or is back, that is what counts.
  const lostTo = (probe: string): readonly string[] =>
    gone || !takesProbe(planned, probe) ? [] : struckSites(planned);
  const asked = stages.atFailover(lostTo, effective.notAfter_us).filter(({ live: { timetable } }) => isNow(timetable));
  const { present, other } = await readBack(session, 'at-failover', planned.id, asked, signal);
  session.say({ phase: 'read-back', text: `${present} of ${present + other} acknowledged writes are there` });
}

/** Waits until each of these services holds again, or its deadline has passed: the read-back must be done either way. */
async function serviceRestored(
  session: Session,
  fromUs: number,
  services: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const { plan, live, clock } = session;
  const limit = deadline(signal, plan.recovery.within_us / 1000, 'the service level at the survivor');
  await until(
    () => (live.servicesHold(fromUs, clock.nowUs(), WINDOWS_THAT_HOLD, services) ? true : null),
    250,
    limit,
  ).catch(async (error: Error) => {
    signal.throwIfAborted();
    await session.journal.append('stop-condition', { condition: 'recovery.within', observed: error.message });
    session.say({ phase: session.phaseNow, text: error.message });
  });
}
