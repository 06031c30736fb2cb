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
