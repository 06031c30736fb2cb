import type { PlannedFault } from './plan.ts';

/** Whether a fault in a site strikes what stands on `component` there. A graph without its store is struck; a store without its graph is not. */
export function strikes({ params }: Pick<PlannedFault, 'params'>, component: string | undefined): boolean {
  return params.component !== 'janusgraph' || component === 'janusgraph' || component === undefined;
}
