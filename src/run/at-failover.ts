import { FAULTS, faultType } from '../faults/registry.ts';
import { PROBES } from '../probes/registry.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import { takes } from '../scenario/strikes.ts';
import { struckSites } from '../scenario/struck-sites.ts';
import { WINDOWS_THAT_HOLD } from '../scenario/windows.ts';
import type { FaultLease } from './fault-lease.ts';
import { readBack, type Stages } from './reading.ts';
import type { Session } from './session.ts';
import { deadline, until } from './wait.ts';

/** Whether some service may be served while the disaster is in force: where nothing is left before its end, nobody waits for it and nothing can be read back. */
export function mayBeSurvived({ plan }: Pick<Session, 'plan'>, disaster: PlannedFault): boolean {
  if (!faultType(disaster.type).onlyItsEndHelps) return true;
  const struck = new Set(struckSites(disaster));
  return Object.values(plan.services).some(
    ({ probe, sites }) =>
      !takes(disaster, PROBES.get(probe)?.component, FAULTS) || sites.some((site) => !struck.has(site)),
  );
}

/** Waits until the services are restored, or their time is over, and reads back every write of the ledger at the site that serves now. */
export async function readAtFailover(
  session: Session,
  stages: Stages,
  { planned, effective, gone }: FaultLease,
  signal: AbortSignal,
): Promise<void> {
  if (!effective) return;
  await serviceRestored(session, effective.notAfter_us, signal);
  await session.phase(
    'read-back',
    'reading back every write acknowledged before the disaster, at the site that serves now',
  );
  // Of one node among several the site goes on, and what it has is what counts; so it is where the site is back.
  const lost = gone || planned.params.node !== undefined ? [] : struckSites(planned);
  const asked = stages.atFailover(lost, effective.notAfter_us);
  const { present, other } = await readBack(session, 'at-failover', planned.id, asked, signal);
  session.say({ phase: 'read-back', text: `${present} of ${present + other} acknowledged writes are there` });
}

/** Waits until each service holds again, or its deadline has passed: the read-back must be done either way. */
async function serviceRestored(session: Session, fromUs: number, signal: AbortSignal): Promise<void> {
  const { plan, live, clock } = session;
  const limit = deadline(signal, plan.recovery.within_us / 1000, 'the service level at the survivor');
  await until(() => (live.servicesHold(fromUs, clock.nowUs(), WINDOWS_THAT_HOLD) ? true : null), 250, limit).catch(
    async (error: Error) => {
      signal.throwIfAborted();
      await session.journal.append('stop-condition', { condition: 'recovery.within', observed: error.message });
      session.say({ phase: session.phaseNow, text: error.message });
    },
  );
}
