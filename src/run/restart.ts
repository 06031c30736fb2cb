import { InputError, PlatformError } from '../errors.ts';
import { faultType } from '../faults/registry.ts';
import type { Component, Platform } from '../platform/platform.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import { until } from './wait.ts';

export interface ComponentOfSite {
  readonly site: string;
  readonly component: Component;
}

/** In which one component ends, is seen to have ended, and is ready again; then the platform's dead-man starts it. */
const EACH_MS = 300_000;
const POLL_MS = 250;
/** What others stand on, in the order in which it starts. */
const FIRST: readonly Component[] = ['cassandra', 'opensearch', 'pulsar', 'janusgraph'];

/** What stands on nothing first; each once. */
export function inOrder(components: readonly ComponentOfSite[]): readonly ComponentOfSite[] {
  const rank = ({ component }: ComponentOfSite): number => {
    const at = FIRST.indexOf(component);
    return at < 0 ? FIRST.length : at;
  };
  return [...new Map(components.map((one) => [nameOf(one), one])).values()].sort((a, b) => rank(a) - rank(b));
}

/**
 * Ends the processes of one component of a site and starts them again, as the fault of that name does: the undo is in the register before they end. A PlatformError where one
 * is not ready before (to start it is not what this is for), or afterwards.
 */
export async function restartComponent(platform: Platform, run: string, one: ComponentOfSite): Promise<void> {
  const { site, component } = one;
  const { register } = platform;
  const id = `restart-${component}-${site}`;
  const limit = AbortSignal.timeout(EACH_MS);
  const params = { component, mode: 'graceful' };
  const fault: PlannedFault = { id, type: 'restart', site, disaster: false, at_us: 0, for_us: 0, params };
  const bound = faultType(fault.type).bind(fault, platform);
  const { state, observed } = await bound.observe(limit);
  if (state !== 'none') throw new PlatformError(`${nameOf(one)} is not ready: ${JSON.stringify(observed)}`);
  await register.record({ fault: id, run, undo: bound.undo }, EACH_MS, limit);
  const isSeen = async (): Promise<true | null> => ((await bound.observe(limit)).state === 'full' ? true : null);
  const [done] = await Promise.allSettled([bound.inject(limit).then(() => until(isSeen, POLL_MS, limit))]);
  const undone = await register.undo(id, AbortSignal.timeout(EACH_MS));
  const failed = undone.flatMap(({ ok, error }) => (ok ? [] : [error]));
  if (failed.length > 0) throw new PlatformError(`${id} is not undone: ${failed.join('; ')}`);
  if (done.status === 'rejected') throw done.reason;
}

/** Everything of a site, one component after the other. An InputError where the platform has no such site. */
export async function restartSite(platform: Platform, site: string, say: (line: string) => void): Promise<void> {
  const states = (await platform.abilities.processes?.observe(AbortSignal.timeout(EACH_MS))) ?? [];
  const names = [...new Set(states.map((one) => one.site))];
  if (!names.includes(site)) throw new InputError(`--restart: expected one of ${names.join(', ')}, got ${site}`);
  for (const one of inOrder(states.filter((state) => state.site === site))) {
    say(`restarting ${nameOf(one)}`);
    await restartComponent(platform, 'recover', one);
  }
}

export function nameOf({ site, component }: ComponentOfSite): string {
  return `${component} of ${site}`;
}
