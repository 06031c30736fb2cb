import { inForceAt } from './in-force.ts';
import type { PlannedFault } from './plan.ts';

/**
 * Whether a fault in a site strikes what clients reach on `component` there. A graph without its store is struck; a store without its graph is not,
 * and a firewall between clients and the store leaves the graph, which reaches it from inside, alone.
 */
export function strikes(
  { type, params }: Pick<PlannedFault, 'type' | 'params'>,
  component: string | undefined,
): boolean {
  const clientsOnly = type === 'firewall-block' && (params.from === undefined || params.from === 'clients');
  if (clientsOnly && component !== undefined) return params.component === component;
  const graphOnly = params.component === 'janusgraph' || type === 'runaway-queries';
  return !graphOnly || component === 'janusgraph' || component === undefined;
}

/** Whether a fault that strikes leaves nothing of its site to be served by: one of several nodes does not. */
export function takes(fault: Pick<PlannedFault, 'type' | 'params'>, component: string | undefined): boolean {
  return fault.params.node === undefined && strikes(fault, component);
}

/** Which of a service's sites faults strike at some time, and which they take at the worst: when the most of them are taken at once. */
export function hitAtWorst(
  timeline: readonly PlannedFault[],
  component: string | undefined,
  sites: readonly string[],
): { readonly ever: readonly string[]; readonly worst: readonly string[] } {
  const hitBy = (faults: readonly PlannedFault[], how: typeof strikes): readonly string[] => {
    const struck = new Set(faults.flatMap((fault) => (how(fault, component) ? [fault.site] : [])));
    return sites.filter((site) => struck.has(site));
  };
  const [worst = []] = timeline
    .map((_, index) => hitBy(inForceAt(timeline, index), takes))
    .toSorted((a, b) => b.length - a.length);
  return { ever: hitBy(timeline, strikes), worst };
}
