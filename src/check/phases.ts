import type { ServicePhase } from '../scenario/plan.ts';
import type { Operations } from './operations.ts';
import type { OutageSpan } from './outages.ts';
import type { FaultTimes } from './run-record.ts';

/** Where the phases of a service begin that one fault makes. Infinite: never. */
export interface PhaseSpan {
  readonly requestedUs: number;
  /** `up` of the outage that the fault caused; the instant of `requested` when the service was never down. */
  readonly outageEndUs: number;
  /** When the fault was seen to be gone. */
  readonly goneUs: number;
}

/**
 * The phases that each fault makes, in the order of their requests. Several faults have each their own clocks, and an operation belongs to the
 * last fault that was requested before it. `outagesUntil` finds those of what is seen before an instant.
 */
export function phaseSpans(
  faults: readonly FaultTimes[],
  outagesUntil: (us: number) => readonly OutageSpan[],
): PhaseSpan[] {
  return faults.map(({ requestedUs, effective, goneUs, observedUntilUs }) => {
    const fromUs = effective?.notBefore_us ?? requestedUs;
    const outages = outagesUntil(observedUntilUs);
    const outage = outages.find(({ up }) => up === null || up.us >= fromUs);
    const outageEndUs = outage ? (outage.up?.us ?? Number.POSITIVE_INFINITY) : requestedUs;
    return { requestedUs, outageEndUs, goneUs };
  });
}

/** The phase of an operation by its intended time; one of `before` that completes after `requested` (or never) belongs to `outage`. */
export function phaseOf(ops: Operations, position: number, spans: readonly PhaseSpan[]): ServicePhase {
  const completedUs = ops.completedUs(position);
  // A gap has no completion, and no reason to be the fault's.
  const never = Number.isNaN(ops.invokedUs(position)) ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return phaseAt(ops.intendedUs(position), Number.isNaN(completedUs) ? never : completedUs, spans);
}

/** The same of anything that begins at `intendedUs` and is over at `completedUs`; infinite: never. */
export function phaseAt(intendedUs: number, completedUs: number, spans: readonly PhaseSpan[]): ServicePhase {
  const first = spans[0];
  if (!first) return 'before';
  if (intendedUs < first.requestedUs) return completedUs > first.requestedUs ? 'outage' : 'before';
  let span = first;
  for (const next of spans) if (next.requestedUs <= intendedUs) span = next;
  if (intendedUs >= span.goneUs) return 'after';
  return intendedUs < span.outageEndUs ? 'outage' : 'failed-over';
}
