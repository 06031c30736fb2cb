import { z } from 'zod';
import type { Component, ComponentState, Platform, ProcessTarget, Undo } from '../platform/platform.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import type { BoundFault, Observation } from './fault.ts';
import { ability, componentsOf, describeProcesses, processesOf, targetSite } from './target.ts';

/** Kubernetes' own terminationGracePeriodSeconds. */
export const GRACE_MS = 30_000;

/** What faults after which the laboratory starts a process at once cannot show. */
export const OUR_RESTARTER = {
  what: "the platform's own restarter",
  why: 'what starts the process again here is the laboratory, at once and without a back-off',
} as const;

export const COMPONENTS = ['janusgraph', 'cassandra'] as const;

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

/** The end of all processes of some components of a site: what `kill`, `stop`, `scale-datacenter` and `site-loss` have in common. */
export function endOfProcesses(
  fault: PlannedFault,
  platform: Platform,
  components: readonly Component[],
  graceMs: number,
): BoundFault {
  const processes = ability(fault, platform, 'processes');
  const undo: readonly Undo[] = [{ kind: 'processes', params: { site: fault.site, components } }];
  return {
    undo,
    inject: (signal) => processes.end(fault.site, components, graceMs, signal),
    async observe(signal) {
      const states = processesOf(await processes.observe(signal), fault.site, components);
      return { state: stateOf(states, 'stopped'), observed: describeProcesses(states) };
    },
  };
}

/** Processes that die and are started again at once: what `restart` and `crash-loop` have in common. Full once each has died. */
export function crashesOf(
  fault: PlannedFault,
  platform: Platform,
  components: readonly Component[],
  how: { readonly graceMs: number; readonly againMs: number | null },
): BoundFault {
  const processes = ability(fault, platform, 'processes');
  return loopOf(fault, platform, components, 'died', (target, signal) =>
    processes.crash(fault.id, target, how, signal),
  );
}

/** Something that happens to processes over and over. Full once it has happened to each; `happened`: what it is called. */
export function loopOf(
  fault: PlannedFault,
  platform: Platform,
  components: readonly Component[],
  happened: string,
  inject: (target: ProcessTarget, signal: AbortSignal) => Promise<void>,
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
      const loop = (await processes.loops(signal)).find(({ id }) => id === fault.id);
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

/** A target that resolves to no process proves nothing: `partial`. */
export function stateOf(states: readonly ComponentState[], full: 'stopped' | 'paused'): Observation['state'] {
  if (states.length > 0 && states.every(({ state }) => state === full)) return 'full';
  return states.length > 0 && states.every(({ state }) => state === 'ready') ? 'none' : 'partial';
}
