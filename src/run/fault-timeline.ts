import { PlatformError } from '../errors.ts';
import { FAULTS, faultType } from '../faults/registry.ts';
import type { Json } from '../history/event.ts';
import { standsOn } from '../platform/components.ts';
import { PROBES } from '../probes/registry.ts';
import { endings } from '../scenario/in-force.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import { takes } from '../scenario/strikes.ts';
import { struckSites } from '../scenario/struck-sites.ts';
import { readAtFailover } from './at-failover.ts';
import { BackupSchedule } from './backups.ts';
import { takeCensus } from './census.ts';
import type { FaultLease } from './fault-lease.ts';
import { bringBack } from './heal.ts';
import type { Stages } from './reading.ts';
import { releaseAll } from './release.ts';
import { sayRestored } from './restored.ts';
import type { Session } from './session.ts';
import { deadline, pause } from './wait.ts';

/** Beyond its time-out, with rows on their way. */
const SILENT_US = 5_000_000;
/** How long a fault may take to show its effect: draining a store takes its time. */
const EFFECTIVE_MS = 120_000;

/**
 * Injects the timeline's faults at their instants, counted from now, and holds each at least as long as it says. Those that end on the way do so at
 * their time (see `endings`); the disaster and what is held with it stay until its loss has been read back at the site that serves instead. Null: no
 * disaster.
 */
export async function holdFaults(session: Session, stages: Stages, signal: AbortSignal): Promise<FaultLease | null> {
  const { plan, clock } = session;
  const beganUs = clock.nowUs() + plan.jitter_us;
  const ends = endings(plan.timeline);
  const backups = new BackupSchedule(session, beganUs);
  let disaster: FaultLease | null = null;
  for (const [index, planned] of plan.timeline.entries()) {
    const due = session.leases.flatMap((lease, i) => {
      const endUs = ends[i] ?? null;
      return lease.gone || endUs === null || endUs > planned.at_us ? [] : [{ lease, endUs }];
    });
    for (const [endUs, together] of Map.groupBy(
      due.toSorted((a, b) => a.endUs - b.endUs),
      (one) => one.endUs,
    )) {
      const leases = together.map(({ lease }) => lease);
      await sleepUntil(session, Math.max(beganUs + endUs, ...leases.map(heldUntilUs)), signal);
      await release(session, leases, signal);
    }
    await backups.takeUntil(signal, planned.at_us);
    await sleepUntil(session, beganUs + planned.at_us, signal);
    if (index === 0)
      await session.phase('during', `${planned.id}: ${planned.type} of ${struckSites(planned).join(', ')}`);
    else session.say({ phase: 'during', text: `${planned.id}: ${planned.type} of ${struckSites(planned).join(', ')}` });
    await requireSurvivor(session, planned, signal);
    const lease = session.lease(planned);
    await lease.inject(signal, EFFECTIVE_MS);
    session.say({ phase: 'during', text: `${planned.id} is effective: ${readable(lease.effective?.observed)}` });
    if (planned.disaster) disaster = lease;
  }
  await backups.takeUntil(signal);
  if (!disaster?.effective) return null;
  const lastUs = beganUs + Math.max(...plan.timeline.map((fault) => fault.at_us + fault.for_us));
  const held = session.leases.filter(({ gone }) => !gone);
  await sleepUntil(session, Math.max(lastUs, ...held.map(heldUntilUs)), signal);
  await readAtFailover(session, stages, disaster, 'meanwhile', signal);
  if (plan.timeline.some(({ type }) => faultType(type).damages)) await takeCensus(session, 'during', signal);
  return disaster;
}

/** Until when a fault is held at least: it may have become effective later than it was to. */
function heldUntilUs({ planned, effective }: FaultLease): number {
  return (effective?.notAfter_us ?? 0) + planned.for_us;
}

/** Ends faults, all at once: of two that hold one site neither is gone before the other. */
async function release(session: Session, leases: readonly FaultLease[], signal: AbortSignal): Promise<void> {
  const limit = ({ planned }: FaultLease): AbortSignal =>
    deadline(signal, session.plan.recovery.within_us / 1000, `${planned.id} to be gone`);
  const [leftover] = await bringBack(session, await releaseAll(leases, limit), signal);
  if (leftover) throw leftover.error;
  for (const { planned } of leases) session.say({ phase: 'during', text: `${planned.id} is gone` });
  await sayRestored(session);
}

/** A plan may be right and a site have gone meanwhile: no fault takes the last one that serves unless the scenario says so. */
async function requireSurvivor(session: Session, fault: PlannedFault, signal: AbortSignal): Promise<void> {
  const { plan, platform, leases } = session;
  if (plan.guard.lastSite) return;
  const struck = struckSites(fault);
  const states = (await platform.abilities.processes?.observe(signal)) ?? [];
  const open = leases.flatMap(({ planned, gone }) => (gone ? [] : [planned]));
  for (const [service, { sites, probe }] of Object.entries(plan.services)) {
    const component = PROBES.get(probe)?.component;
    if (!sites.some((site) => struck.includes(site)) || !takes(fault, component, FAULTS)) continue;
    const gone = new Set([
      ...struck,
      ...open.flatMap((one) => (takes(one, component, FAULTS) ? struckSites(one) : [])),
      // A graph that lives on a store that does not is gone as well.
      ...states.flatMap((one) => (one.state !== 'ready' && standsOn(component, one.component) ? [one.site] : [])),
      ...silentSites(session, probe),
    ]);
    if (sites.some((one) => !gone.has(one))) continue;
    throw new PlatformError(
      `${fault.id}: no other site of ${service} is whole, so ${struck.join(' and ')} is not taken`,
      {
        hint: 'find out what is wrong there; where it is meant: guard: { lastSite: may be taken }',
      },
    );
  }
}

/** Where the sites' own probes had no answer for longer than one may take: what lives and does not serve is no survivor. */
function silentSites({ live, clock }: Session, probe: string): readonly string[] {
  const nowUs = clock.nowUs();
  return live.timetables.flatMap((one) => {
    const { service, site, timeout_us } = one.timetable;
    return service === '' && one.timetable.probe === probe && one.silentUs(nowUs) > timeout_us + SILENT_US
      ? [site]
      : [];
  });
}

/** What was observed, for a person. */
function readable(observed: Json | undefined): string {
  if (observed === null || typeof observed !== 'object') return String(observed);
  return Object.values(observed).map(readable).join('; ');
}

async function sleepUntil(session: Session, atUs: number, signal: AbortSignal): Promise<void> {
  // A timer may be early by less than a millisecond.
  for (let leftUs = atUs - session.clock.nowUs(); leftUs > 0; leftUs = atUs - session.clock.nowUs())
    await pause(leftUs / 1000, signal);
}
