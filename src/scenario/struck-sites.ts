import type { PlannedFault } from './plan.ts';

/** Every site that a fault strikes: its own, and those that its parameters name beside it (`also`, which means the same in every kind of fault). */
export function struckSites({ site, params }: Pick<PlannedFault, 'site' | 'params'>): readonly string[] {
  const { also } = params;
  return Array.isArray(also) ? [site, ...also.map(String)] : [site];
}
