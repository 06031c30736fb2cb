import { messageOf } from '../errors.ts';
import type { Json } from '../history/event.ts';
import { PROBES } from '../probes/registry.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import { readAtFailover } from './at-failover.ts';
import type { FaultLease } from './fault-lease.ts';
import { bringBack } from './heal.ts';
import { exchanged, hintsSettled, keepsForOthers } from './hints.ts';
import { readBack, type Stages } from './reading.ts';
import { releaseAgain } from './release.ts';
import { sayRestored } from './restored.ts';
import type { Session } from './session.ts';
import { deadline, pause } from './wait.ts';

const REPAIR_MS = 600_000;

/** Undoes the faults, gives hints their time, reads everything back at every site, repairs, and reads again. */
export async function recoverFromFaults(
  session: Session,
  stages: Stages,
  disaster: FaultLease,
  signal: AbortSignal,
): Promise<void> {
  const { plan } = session;
  await session.phase('recovery', 'undoing the faults');
  const limit = (lease: FaultLease): AbortSignal =>
    deadline(signal, plan.recovery.within_us / 1000, `${lease.planned.id} to be gone`);
  const open = session.leases.filter((lease) => !lease.gone);
  const released = await releaseAgain(open, limit, (text) => session.say({ phase: 'recovery', text }));
  const [leftover] = await bringBack(session, released, signal);
  if (leftover) throw leftover.error;
  for (const { planned } of open) session.say({ phase: 'recovery', text: `${planned.id} is gone` });
  const fault = disaster.planned.id;
  await sayRestored(session);
  await readAtFailover(session, stages, disaster, 'afterwards', signal);
  const effectiveUs = disaster.effective?.notAfter_us ?? 0;
  const goneUs = disaster.gone?.notAfter_us ?? 0;
  const failsBack = plan.recovery.failback && session.moves.length > 0;
  if (keepsForOthers(session)) {
    const { settled, observed } = await hintsSettled(session, signal);
    await session.journal.append('hints-delivered', { fault, settled, observed });
  }
  await exchanged(session, goneUs, signal);
  await session.phase('read-back', 'reading everything back at every site');
  const last = !plan.recovery.repair && !failsBack;
  if (last) await settle(session, stages, signal);
  await readBack(session, 'after-recovery', fault, stages.afterRecovery(effectiveUs, goneUs, last), signal);
  if (!plan.recovery.repair) return;
  await session.phase('recovery', 'repairing');
  await repair(session, disaster.planned, signal);
  if (!failsBack) await settle(session, stages, signal);
  await session.phase('read-back', 'reading everything back again, after the repair');
  await readBack(session, 'after-repair', fault, stages.afterRecovery(effectiveUs, goneUs, !failsBack), signal);
}

/** Waits until no retry inside a server can still apply a write that nobody acknowledged. */
export async function settle(session: Session, stages: Stages, signal: AbortSignal): Promise<void> {
  const doubtfulUs = stages.lastDoubtfulUs();
  if (doubtfulUs === null) return;
  const waitUs = doubtfulUs + session.plan.readBack.infoSettle_us - session.clock.nowUs();
  if (waitUs <= 0) return;
  session.say({ phase: session.phaseNow, text: 'waiting until no retry inside the servers can be under way' });
  await pause(waitUs / 1000, signal);
}

/**
 * Repairs every range of the probes' keyspaces. Where each node of a site has a copy of everything, one node's repair covers all; else each node
 * repairs the ranges of which it is the first.
 */
async function repair(session: Session, { id, site }: PlannedFault, signal: AbortSignal): Promise<void> {
  const { plan, platform, journal } = session;
  const { nodetool } = platform.abilities;
  const { sites, nodesPerSite, replicationFactor } = plan.platform;
  const everywhere = replicationFactor >= nodesPerSite;
  const from = everywhere ? [site] : sites.map(({ name }) => name);
  const ranges = everywhere ? [] : ['--partitioner-range'];
  const keyspaces = new Set(plan.timetables.flatMap(({ probe }) => PROBES.get(probe)?.keyspaces ?? []));
  const observed: Record<string, Json> = {};
  let ok = nodetool !== undefined;
  const limit = deadline(signal, REPAIR_MS, 'the repair');
  for (const keyspace of keyspaces) {
    for (const name of from) {
      try {
        await nodetool?.run(name, ['repair', '--full', ...ranges, keyspace], limit);
        observed[`${keyspace} ${name}`] = 'done';
      } catch (error) {
        signal.throwIfAborted();
        ok = false;
        observed[`${keyspace} ${name}`] = messageOf(error);
      }
    }
  }
  await journal.append('repaired', { fault: id, ok, observed });
}
