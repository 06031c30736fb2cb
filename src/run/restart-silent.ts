import { messageOf, PlatformError } from '../errors.ts';
import { RESTARTED_TO_HEAL } from '../history/event.ts';
import { struckSites } from '../scenario/struck-sites.ts';
import { needsWord } from './authorisation.ts';
import type { FaultLease } from './fault-lease.ts';
import { inOrder, nameOf, restartComponent } from './restart.ts';
import type { Session } from './session.ts';

/**
 * Restarts what serves nothing although its faults are undone, one component after the other. A process that is not ready is left alone: to start it is what the undo was
 * for. Null once all of it is ready; else why it is not, which names what serves nothing, and the command that restarts it.
 */
export async function restartSilent(
  session: Session,
  leases: readonly FaultLease[],
  alone: boolean,
): Promise<PlatformError | null> {
  const { platform, directory } = session;
  const silent = inOrder(leases.flatMap(({ planned }) => session.silent.get(planned.id) ?? []));
  const names = silent.map(nameOf).join(' and ') || 'something';
  const sites = [...new Set(silent.map(({ site }) => site))];
  const not = (why: string): PlatformError => {
    const commands = sites.map((site) => `${platform.recover} --restart ${site}`).join(' && ');
    const how = commands === '' ? '' : `; to restart it: ${commands}`;
    return new PlatformError(`undone, and ${names} serves nothing all the same; ${why}${how}`);
  };
  if (silent.length === 0) return not('not restarted: it is not known what');
  const before = silent.find((one) => session.restarted.has(nameOf(one)));
  if (before) {
    const failure = session.restarted.get(nameOf(before)) ?? null;
    return not(failure === null ? 'its restart did not help' : `its restart failed: ${failure}`);
  }
  const other = session.leases.find(
    ({ planned, requested, gone, awaitsService }) =>
      requested && !gone && !awaitsService && struckSites(planned).some((site) => sites.includes(site)),
  );
  if (other) return not(`not restarted: ${other.planned.id} is in force there`);
  if (!alone) return not('not restarted: another run may be at the platform');
  if (needsWord(platform.facts().environment)) return not('not restarted: never in production');
  if (!platform.abilities.processes || !platform.abilities.restarts) return not('not restarted: this platform cannot');
  const faults = leases.map(({ planned }) => planned.id).join(', ');
  for (const one of silent) {
    const what = `${nameOf(one)}, which served nothing after ${faults} had been undone`;
    session.restarted.set(nameOf(one), null);
    session.say({ phase: session.phaseNow, text: `restarting ${what}` });
    // A journal that cannot be written must not keep it from serving.
    session.journal.append('platform-event', { kind: RESTARTED_TO_HEAL, what }).catch(() => {});
    try {
      await restartComponent(platform, directory.run, one);
    } catch (error) {
      session.restarted.set(nameOf(one), messageOf(error));
      return not(`its restart failed: ${messageOf(error)}`);
    }
  }
  return null;
}
