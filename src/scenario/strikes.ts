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
  return params.component !== 'janusgraph' || component === 'janusgraph' || component === undefined;
}

/** Which of a service's sites faults strike at some time, and which at the worst: when the most of them are struck at once. */
export function hitAtWorst(
  timeline: readonly PlannedFault[],
  component: string | undefined,
  sites: readonly string[],
): { readonly ever: readonly string[]; readonly worst: readonly string[] } {
  const hitBy = (faults: readonly PlannedFault[]): readonly string[] => {
    const struck = new Set(faults.flatMap((fault) => (strikes(fault, component) ? [fault.site] : [])));
    return sites.filter((site) => struck.has(site));
  };
  const [worst = []] = timeline
    .map((_, index) => hitBy(inForceAt(timeline, index)))
    .toSorted((a, b) => b.length - a.length);
  return { ever: hitBy(timeline), worst };
}
