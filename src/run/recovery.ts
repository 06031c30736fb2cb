import { messageOf } from '../errors.ts';
import type { Json } from '../history/event.ts';
import { PROBES } from '../probes/registry.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import { HINTS_QUIET_US } from '../scenario/recovery.ts';
import { readAtFailover, servedAfterwards } from './at-failover.ts';
import type { FaultLease } from './fault-lease.ts';
import { readBack, type Stages, targetOf } from './reading.ts';
import { releaseAgain } from './release.ts';
import { sayRestored } from './restored.ts';
import type { Session } from './session.ts';
import { deadline, pause } from './wait.ts';

const HINTS_POLL_MS = 1_000;
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
  const [leftover] = await releaseAgain(open, limit, (text) => session.say({ phase: 'recovery', text }));
  if (leftover) throw leftover.error;
  for (const { planned } of open) session.say({ phase: 'recovery', text: `${planned.id} is gone` });
  const fault = disaster.planned.id;
  await sayRestored(session);
  await readAtFailover(session, stages, disaster, servedAfterwards(session, disaster.planned), signal);
  const effectiveUs = disaster.effective?.notAfter_us ?? 0;
  const goneUs = disaster.gone?.notAfter_us ?? 0;
  const failsBack = plan.recovery.failback && session.moves.length > 0;
  if (keepsForOthers(session)) await hintsDelivered(session, fault, signal);
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

/** Hints are Cassandra's, and other stores may keep messages for other sites: where nothing of a run is kept so, there is nothing to wait for. */
function keepsForOthers({ plan }: Session): boolean {
  const kinds = plan.timetables.map(({ probe }) => PROBES.get(probe));
  return kinds.some((kind) => kind?.pendingHints !== undefined || (kind?.keyspaces ?? []).length > 0);
}

/** Waits until sites that tell each other by and by what they have have done so. */
async function exchanged(session: Session, goneUs: number, signal: AbortSignal): Promise<void> {
  const kinds = session.plan.timetables.map(({ probe }) => PROBES.get(probe)?.exchangedWithinMs ?? 0);
  const waitMs = Math.max(0, ...kinds) - (session.clock.nowUs() - goneUs) / 1000;
  if (Math.max(0, ...kinds) === 0 || waitMs <= 0) return;
  session.say({ phase: session.phaseNow, text: 'waiting until the sites have told each other what they have' });
  await pause(waitMs, signal);
}

async function hintsDelivered(session: Session, fault: string, signal: AbortSignal): Promise<void> {
  const { plan, journal, clock } = session;
  const ask = hintsOf(session);
  if (!ask) {
    await pause(plan.recovery.hints_us / 1000, signal);
    await journal.append('hints-delivered', { fault, settled: false, observed: 'the platform cannot say' });
    return;
  }
  session.say({ phase: session.phaseNow, text: 'waiting for hints to be delivered' });
  const beganUs = clock.nowUs();
  let quietSinceUs = beganUs;
  let settled = false;
  const observed: Record<string, Json> = {};
  while (!settled && clock.nowUs() - beganUs < plan.recovery.hints_us) {
    let pending = false;
    for (const { name } of plan.platform.sites) {
      const { none, said } = await ask(name, signal).catch((error: unknown) => ({
        none: false,
        said: messageOf(error),
      }));
      signal.throwIfAborted();
      observed[name] = said;
      pending ||= !none;
    }
    if (pending) quietSinceUs = clock.nowUs();
    settled = !pending && clock.nowUs() - quietSinceUs >= HINTS_QUIET_US;
    if (!settled) await pause(HINTS_POLL_MS, signal);
  }
  await journal.append('hints-delivered', { fault, settled, observed });
}

type AskForHints = (site: string, signal: AbortSignal) => Promise<{ readonly none: boolean; readonly said: string }>;

/** Through the probes that can ask so, because each nodetool is a JVM of its own on the machine that is measured. One of each component is enough. */
function hintsOf({ plan, platform, reader }: Session): AskForHints | null {
  const { nodetool } = platform.abilities;
  const asking = plan.timetables.filter(({ probe }) => PROBES.get(probe)?.pendingHints);
  const byComponent = new Map(asking.map((timetable) => [PROBES.get(timetable.probe)?.component, timetable]));
  if (byComponent.size > 0) {
    return async (site, signal) => {
      const said: string[] = [];
      let none = true;
      for (const [component, timetable] of byComponent) {
        const target = targetOf(plan, timetable, site);
        const { hints } = await reader.run({ type: 'pending-hints', target }, signal);
        const asked = (component && target.site.endpoints[component]?.length) ?? 0;
        const { nodes = 0, files = 0 } = hints ?? {};
        none &&= files === 0 && nodes >= asked;
        said.push(`${component}: ${files} ${unitOf(component)}, ${nodes} of ${asked} nodes asked`);
      }
      return { none, said: said.join('; ') };
    };
  }
  if (!nodetool) return null;
  return async (site, signal) => {
    const said = await nodetool.run(site, ['listpendinghints'], signal);
    const none = /does not have any pending hints/i.test(said) && !/^Host ID/im.test(said);
    return { none, said: said.trim().split('\n').slice(-4).join(' | ') };
  };
}

function unitOf(component: string | undefined): string {
  if (component === 'consumer') return 'events to be consumed';
  return component === 'pulsar' ? 'messages for other clusters' : 'files of hints';
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
