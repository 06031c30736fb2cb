import { InputError, PlatformError } from '../errors.ts';
import {
  type Abilities,
  type AbilityName,
  type Component,
  type ComponentState,
  OUTSIDE_PEER,
  type Platform,
  type Site,
} from '../platform/platform.ts';
import type { PlannedFault } from '../scenario/plan.ts';

/** The site that a fault names; an InputError when the platform has none of this name. */
export function targetSite(fault: PlannedFault, platform: Platform): Site {
  const { sites } = platform.facts();
  const site = sites.find((candidate) => candidate.name === fault.site);
  if (site) return site;
  throw new InputError(`${fault.id}: no site ${fault.site}; there is ${sites.map((one) => one.name).join(', ')}`);
}

/** The fault's own site and the others that it names. InputErrors: one that is not there, or stands there twice. */
export function sitesOf(fault: PlannedFault, platform: Platform, also: readonly string[]): readonly string[] {
  const sites = [fault.site, ...also].map((site) => targetSite({ ...fault, site }, platform).name);
  if (new Set(sites).size < sites.length) throw new InputError(`${fault.id}: also: a site stands there twice`);
  return sites;
}

/** The sites of `from`: all but the fault's own, or those of a list. InputErrors name what is not there or makes no sense. */
export function otherSites(
  fault: PlannedFault,
  platform: Platform,
  from: 'all' | readonly string[],
): readonly string[] {
  const all = platform.facts().sites.map(({ name }) => name);
  if (from === 'all') return all.filter((other) => other !== fault.site);
  for (const other of from) {
    if (other === fault.site) throw new InputError(`${fault.id}: ${other} cannot be cut from itself`);
    if (!all.includes(other)) throw new InputError(`${fault.id}: no site ${other}; there is ${all.join(', ')}`);
  }
  return from;
}

/** An ability that the fault needs; a PlatformError when the platform lacks it. */
export function ability<A extends AbilityName>(fault: PlannedFault, platform: Platform, name: A): Abilities[A] {
  const found: Partial<Abilities>[A] = platform.abilities[name];
  if (found) return found as Abilities[A];
  throw new PlatformError(`${fault.id} needs the ability ${name}, which the platform ${platform.facts().name} lacks`);
}

/** Everyone but the site itself: the other sites and the clients outside. */
export function everyoneElse(site: string, platform: Platform): readonly string[] {
  const others = platform.facts().sites.filter((other) => other.name !== site);
  return [...others.map((other) => other.name), OUTSIDE_PEER];
}

/** The components of a site that have an endpoint there. */
export function componentsOf(site: Site): readonly Component[] {
  return (Object.keys(site.endpoints) as Component[]).filter(
    (component) => (site.endpoints[component] ?? []).length > 0,
  );
}

/** One line for each process of a target: what the platform sees of them. */
export function processesOf(
  states: readonly ComponentState[],
  site: string,
  components: readonly Component[],
  node?: number,
): readonly ComponentState[] {
  return states.filter(
    (state) =>
      state.site === site && components.includes(state.component) && (node === undefined || state.node === node),
  );
}

/** `cassandra/0 stopped, janusgraph/0 ready`. */
export function describeProcesses(states: readonly ComponentState[]): string {
  return states.map((state) => `${state.component}/${state.node} ${state.state}`).join(', ');
}
