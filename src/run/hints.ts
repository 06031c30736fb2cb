import { messageOf } from '../errors.ts';
import type { Json } from '../history/event.ts';
import { PROBES } from '../probes/registry.ts';
import type { Plan, Timetable } from '../scenario/plan.ts';
import { HINTS_QUIET_US } from '../scenario/recovery.ts';
import { kindsOf, targetOf } from './reading.ts';
import type { Session } from './session.ts';
import { pause } from './wait.ts';

const HINTS_POLL_MS = 1_000;

/** What is kept for other sites, and who can say so, needs no more of a session than this. */
type Asking = Pick<Session, 'plan' | 'platform' | 'reader'>;

/** Hints are Cassandra's, and other stores may keep messages for others: where nothing of a run is kept so, there is nothing to wait for. */
export function keepsForOthers({ plan }: Pick<Session, 'plan'>): boolean {
  return keepsHints(plan) || kindsThatSay(plan).length > 0;
}

/** One node alone has nobody to keep a hint for. */
function keepsHints({ platform, timetables }: Plan): boolean {
  const others = platform.sites.length * platform.nodesPerSite > 1;
  return others && timetables.some(({ probe }) => (PROBES.get(probe)?.keyspaces ?? []).length > 0);
}

/** The kinds of probe to be asked: each says what is its own, but for Cassandra, of which one is enough. */
function kindsThatSay(plan: Plan): readonly Timetable[] {
  const able = kindsOf(plan).filter(({ probe }) => PROBES.get(probe)?.pendingHints);
  const ofCassandra = able.filter(({ probe }) => PROBES.get(probe)?.component === 'cassandra');
  const others = able.filter((kind) => !ofCassandra.includes(kind));
  return keepsHints(plan) ? [...ofCassandra.slice(0, 1), ...others] : others;
}

/** Waits until sites that tell each other by and by what they have have done so. */
export async function exchanged(session: Session, sinceUs: number, signal: AbortSignal): Promise<void> {
  const kinds = session.plan.timetables.map(({ probe }) => PROBES.get(probe)?.exchangedWithinMs ?? 0);
  const waitMs = Math.max(0, ...kinds) - (session.clock.nowUs() - sinceUs) / 1000;
  if (Math.max(0, ...kinds) === 0 || waitMs <= 0) return;
  session.say({ phase: session.phaseNow, text: 'waiting until the sites have told each other what they have' });
  await pause(waitMs, signal);
}

/** Waits until no site keeps anything for another, or the plan's time for that is over; says what each site said. */
export async function hintsSettled(
  session: Session,
  signal: AbortSignal,
): Promise<{ readonly settled: boolean; readonly observed: Json }> {
  const { plan, clock } = session;
  if (!keepsForOthers(session)) return { settled: true, observed: {} };
  const ask = hintsOf(session);
  if (!ask) {
    await pause(plan.recovery.hints_us / 1000, signal);
    return { settled: false, observed: 'the platform cannot say' };
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
  return { settled, observed };
}

type AskForHints = (site: string, signal: AbortSignal) => Promise<{ readonly none: boolean; readonly said: string }>;

/**
 * Cassandra is asked through a probe of it where there is one, because each nodetool is a JVM of its own on the machine that is measured. Null: nobody can say.
 */
export function hintsOf(session: Asking): AskForHints | null {
  const { plan, platform } = session;
  const { nodetool } = platform.abilities;
  const kinds = kindsThatSay(plan);
  const asks = kinds.map((kind) => askThrough(session, kind));
  if (keepsHints(plan) && !kinds.some(({ probe }) => PROBES.get(probe)?.component === 'cassandra')) {
    if (!nodetool) return null;
    asks.push(async (site, signal) => {
      const said = await nodetool.run(site, ['listpendinghints'], signal);
      const none = /does not have any pending hints/i.test(said) && !/^Host ID/im.test(said);
      return { none, said: said.trim().split('\n').slice(-4).join(' | ') };
    });
  }
  return async (site, signal) => {
    const answers: Awaited<ReturnType<AskForHints>>[] = [];
    for (const ask of asks) answers.push(await ask(site, signal));
    return { none: answers.every(({ none }) => none), said: answers.map(({ said }) => said).join('; ') };
  };
}

function askThrough({ plan, reader }: Asking, timetable: Timetable): AskForHints {
  const component = PROBES.get(timetable.probe)?.component;
  return async (site, signal) => {
    const target = targetOf(plan, timetable, site);
    const { hints } = await reader.run({ type: 'pending-hints', target }, signal);
    const asked = (component && target.site.endpoints[component]?.length) ?? 0;
    const { nodes = 0, files = 0 } = hints ?? {};
    const none = files === 0 && nodes >= asked;
    return { none, said: `${component}: ${files} ${unitOf(component)}, ${nodes} of ${asked} nodes asked` };
  };
}

function unitOf(component: string | undefined): string {
  if (component === 'consumer') return 'events to be consumed';
  return component === 'pulsar' ? 'messages for other clusters' : 'files of hints';
}
