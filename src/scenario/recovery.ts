import { formatDuration } from '../duration.ts';
import type { Finding } from './findings.ts';
import type { Plan } from './plan.ts';
import type { Scenario } from './schema.ts';
import { LATENCY_OPERATIONS, slowestWindowUs, WINDOWS_THAT_HOLD } from './windows.ts';

/** Cassandra writes its hints to disk every 10 s, and looks for some to deliver every 10 s: no less says that none is left. */
export const HINTS_QUIET_US = 21_000_000;

type Judged = Pick<Plan, 'services' | 'settings'>;

/**
 * How long the phase `after` lasts: as the scenario says, or as long as it takes to have enough operations for the latency objectives of
 * that phase and to see the restored SLO last. A note says where it was lengthened.
 */
export function resolveAfter(
  recovery: Scenario['recovery'],
  plan: Judged & Pick<Plan, 'objectives' | 'timeline'>,
): { afterUs: number; notes: readonly Finding[] } {
  if (plan.timeline.length === 0) return { afterUs: recovery.after, notes: [] };
  const forLatency = plan.objectives.flatMap((objective) => {
    const service = objective.metric === 'latency' && objective.phase === 'after' && plan.services[objective.service];
    return service ? [Math.ceil((1.1 * LATENCY_OPERATIONS * 1_000_000) / service.rate)] : [];
  });
  // The hold lasts for the windows that restore the SLO, and hints take their time, at least; what is left of `sustain` must come after.
  const window = slowestWindowUs(plan);
  const seen = WINDOWS_THAT_HOLD * window + Math.min(recovery.hints, HINTS_QUIET_US);
  const forSustain = plan.settings.sustain_us + 2 * window - seen;
  const needed = Math.max(...forLatency, forSustain);
  if (recovery.after >= needed) return { afterUs: recovery.after, notes: [] };
  const text =
    `lengthened from ${formatDuration(recovery.after)} to ${formatDuration(needed)}: less would leave an objective without the ` +
    `${LATENCY_OPERATIONS} operations, or a restored SLO without the ${formatDuration(plan.settings.sustain_us)}, that it takes`;
  return { afterUs: needed, notes: [{ severity: 'note', path: ['recovery', 'after'], text }] };
}

/** How long the phase `failback` lasts: until five windows of the slowest service can have held, and 10 %. µs. */
export function resolveFailbackUs(plan: Judged): number {
  return Math.ceil(1.1 * WINDOWS_THAT_HOLD * slowestWindowUs(plan));
}
