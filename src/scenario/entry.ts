import type { Plan } from './plan.ts';
import type { Path } from './problem.ts';

/** Where in the scenario a fault of the plan comes from: an entry of its timeline. */
export function entryOf({ timeline }: Pick<Plan, 'timeline'>, index: number): Path {
  return ['timeline', timeline[index]?.entry ?? index];
}
