import type { Component, ComponentState, Platform, Undo } from '../platform/platform.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import type { BoundFault, Observation } from './fault.ts';
import { ability, describeProcesses, processesOf } from './target.ts';

/** The end of all processes of some components of a site: what `kill`, `scale-datacenter` and `site-loss` have in common. */
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
      return { state: stateOf(states), observed: describeProcesses(states) };
    },
  };
}

/** A target that resolves to no process proves nothing: `partial`. */
function stateOf(states: readonly ComponentState[]): Observation['state'] {
  if (states.length > 0 && states.every(({ state }) => state === 'stopped')) return 'full';
  return states.length > 0 && states.every(({ state }) => state === 'ready') ? 'none' : 'partial';
}
