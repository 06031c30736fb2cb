import { standsOn } from '../platform/components.ts';
import { inForceAt } from './in-force.ts';
import type { PlannedFault } from './plan.ts';
import type { Registries } from './schema.ts';
import { struckSites } from './struck-sites.ts';

type Faults = Registries['faults'];

/** Whether a fault in a site strikes what clients reach on `component` there. A graph without its store is struck; a store without its graph is not, nor is any by another. */
export function strikes(
  { type, params }: Pick<PlannedFault, 'type' | 'params'>,
  component: string | undefined,
  faults: Faults,
): boolean {
  const fault = faults.get(type);
  const only = fault?.only?.(params);
  if (component === undefined) return true;
  if (only !== undefined) return component === only;
  const named = typeof params.component === 'string' && params.component !== 'all' ? params.component : fault?.on;
  return named === undefined || standsOn(component, named);
}

/** Whether a fault that strikes leaves nothing of its site to be served by: one of several nodes does not. */
export function takes(
  fault: Pick<PlannedFault, 'type' | 'params'>,
  component: string | undefined,
  faults: Faults,
): boolean {
  return fault.params.node === undefined && strikes(fault, component, faults);
}

/** Which of a service's sites faults strike at some time, and which they take at the worst: when the most of them are taken at once. */
export function hitAtWorst(
  timeline: readonly PlannedFault[],
  component: string | undefined,
  sites: readonly string[],
  faults: Faults,
): { readonly ever: readonly string[]; readonly worst: readonly string[] } {
  const hitBy = (struckBy: readonly PlannedFault[], how: typeof strikes): readonly string[] => {
    const struck = new Set(struckBy.flatMap((fault) => (how(fault, component, faults) ? struckSites(fault) : [])));
    return sites.filter((site) => struck.has(site));
  };
  const [worst = []] = timeline
    .map((_, index) => hitBy(inForceAt(timeline, index), takes))
    .toSorted((a, b) => b.length - a.length);
  return { ever: hitBy(timeline, strikes), worst };
}
