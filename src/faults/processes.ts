import { z } from 'zod';
import { InputError } from '../errors.ts';
import { FURTHER_COMPONENTS } from '../platform/components.ts';
import type { Component, ComponentState, LoopState, Platform, ProcessTarget } from '../platform/platform.ts';
import type { Undo } from '../platform/undo.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import type { BoundFault, Observation } from './fault.ts';
import { ability, componentsOf, describeProcesses, processesOf, targetSite } from './target.ts';

/** Kubernetes' own terminationGracePeriodSeconds. */
export const GRACE_MS = 30_000;

/** What faults after which the laboratory starts a process at once cannot show. */
export const OUR_RESTARTER = {
  what: "the platform's own restarter",
  why: 'what starts the process again here is the laboratory, at once and without a back-off',
  unless: 'restarter',
} as const;

export const COMPONENTS = ['janusgraph', 'cassandra', ...FURTHER_COMPONENTS] as const;

/** `component` of a fault that may strike one of a site, or all. */
export const oneOrAll = (what: string) =>
  z
    .enum([...COMPONENTS, 'all'])
    .default('all')
    .describe(what);

/** What `oneOrAll` means in the fault's site. */
export function struck(fault: PlannedFault, platform: Platform, component: Component | 'all'): readonly Component[] {
  const site = targetSite(fault, platform);
  return component === 'all' ? componentsOf(site) : [component];
}

/** Which of a site's nodes is struck. An InputError when there is none of this number. */
export const oneNode = z
  .int()
  .min(0)
  .max(99)
  .optional()
  .describe("Only this one of the site's nodes of the component, from 0; absent: all of them.");

export function requireNode(fault: PlannedFault, platform: Platform, component: Component, node?: number): void {
  const nodes = targetSite(fault, platform).endpoints[component]?.length ?? 0;
  if (node === undefined || node < nodes) return;
  throw new InputError(
    `${fault.id}: node: expected a number below ${nodes}, because ${fault.site} has so many nodes of ${component}, got ${node}`,
  );
}

/** The end of all processes of some components of a site: what `kill`, `stop`, `scale-datacenter` and `site-loss` have in common. */
export function endOfProcesses(
  fault: PlannedFault,
  platform: Platform,
  components: readonly Component[],
  graceMs: number,
  node?: number,
): BoundFault {
  const processes = ability(fault, platform, 'processes');
  const target: ProcessTarget = { site: fault.site, components, ...(node !== undefined && { node }) };
  const undo: readonly Undo[] = [{ kind: 'processes', params: target }];
  return {
    undo,
    inject: (signal) => processes.end(target, graceMs, signal),
    async observe(signal) {
      const states = processesOf(await processes.observe(signal), fault.site, components, node);
      return { state: stateOf(states, 'stopped'), observed: describeProcesses(states) };
    },
  };
}

/** How something that happens over and over, or once, is made and seen. */
interface Repeated {
  inject(target: ProcessTarget, signal: AbortSignal): Promise<void>;
  observe(signal: AbortSignal): Promise<readonly LoopState[]>;
}

/** Something that happens to processes. Full once it has happened to each; `happened`: what it is called. */
export function repeated(
  fault: PlannedFault,
  platform: Platform,
  components: readonly Component[],
  happened: string,
  { inject, observe }: Repeated,
): BoundFault {
  const processes = ability(fault, platform, 'processes');
  const target = { site: fault.site, components };
  return {
    undo: [
      { kind: 'loop', params: { id: fault.id } },
      { kind: 'processes', params: target },
    ],
    inject: (signal) => inject(target, signal),
    async observe(signal) {
      const loop = (await observe(signal)).find(({ id }) => id === fault.id);
      const states = processesOf(await processes.observe(signal), fault.site, components);
      const counts = Object.entries(loop?.counts ?? {});
      const said = counts.map(([name, n]) => `${name} ${happened} ${n === 1 ? 'once' : `${n} times`}`).join(', ');
      const observed = [said, describeProcesses(states)].filter(Boolean).join('; ');
      const whole = counts.length === states.length && counts.length > 0 && loop?.broken.length === 0;
      if (loop) return { state: whole ? 'full' : 'partial', observed };
      return { state: stateOf(states, 'stopped') === 'none' ? 'none' : 'partial', observed };
    },
  };
}

/** A limit of each process of a target, how it is made and what is seen of it. */
interface Limiting<T extends Pick<ComponentState, 'site' | 'component' | 'node'>> {
  readonly target: ProcessTarget;
  /** The first lifts it; the others start what died of it. */
  readonly undo: readonly Undo[];
  limit(signal: AbortSignal): Promise<void>;
  observe(signal: AbortSignal): Promise<readonly T[]>;
  describe(one: T): string;
  isLimited(one: T): boolean;
  /** A limit that nobody has met has not been shown to do anything. */
  isMet(one: T): boolean;
}

/** Processes under a limit of the kernel's. Full once each of them has met it. */
export function underLimit<T extends Pick<ComponentState, 'site' | 'component' | 'node'>>(
  fault: PlannedFault,
  platform: Platform,
  { target, undo, limit, observe, describe, isLimited, isMet }: Limiting<T>,
): BoundFault {
  const processes = ability(fault, platform, 'processes');
  const { site, components, node } = target;
  const isMine = (one: T): boolean =>
    one.site === site && components.includes(one.component) && (node === undefined || one.node === node);
  return {
    undo,
    inject: limit,
    async observe(signal) {
      const mine = (await observe(signal)).filter(isMine);
      const states = processesOf(await processes.observe(signal), site, components, node);
      const observed = `${mine.map(describe).join(', ')}; ${describeProcesses(states)}`;
      const limited = mine.filter(isLimited);
      if (limited.length === 0) return { state: stateOf(states, 'stopped') === 'none' ? 'none' : 'partial', observed };
      return { state: limited.length === mine.length && mine.every(isMet) ? 'full' : 'partial', observed };
    },
  };
}

/** A target that resolves to no process proves nothing: `partial`. */
export function stateOf(states: readonly ComponentState[], full: 'stopped' | 'paused'): Observation['state'] {
  if (states.length > 0 && states.every(({ state }) => state === full)) return 'full';
  return states.length > 0 && states.every(({ state }) => state === 'ready') ? 'none' : 'partial';
}
