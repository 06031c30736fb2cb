import type { ServicePhase } from '../scenario/plan.ts';
import type { Operations } from './operations.ts';

/** Where the phases of a service begin. Infinite: never. */
export interface PhaseTimes {
  /** The first fault's `requested`: `before` is what comes before it. */
  readonly firstFaultUs: number;
  /** The disaster's. Between the first fault and the disaster there is no phase. */
  readonly requestedUs: number;
  /** `up` of the outage that the disaster caused; the instant of `requested` when the service was never down. */
  readonly outageEndUs: number;
  /** When the disaster was seen to be gone. */
  readonly goneUs: number;
}

/** Of a record without any fault: everything is `before`. */
export const NO_FAULT: PhaseTimes = {
  firstFaultUs: Number.POSITIVE_INFINITY,
  requestedUs: Number.POSITIVE_INFINITY,
  outageEndUs: Number.POSITIVE_INFINITY,
  goneUs: Number.POSITIVE_INFINITY,
};

/** The phase of an operation by its intended time; one of `before` that completes after `requested` (or never) belongs to `outage`. */
export function phaseOf(ops: Operations, position: number, times: PhaseTimes): ServicePhase | null {
  const intendedUs = ops.intendedUs(position);
  if (intendedUs < times.firstFaultUs) {
    // A gap has no completion, and no reason to be the fault's.
    const completedUs = ops.completedUs(position);
    const late = Number.isNaN(completedUs) ? !Number.isNaN(ops.invokedUs(position)) : completedUs >= times.requestedUs;
    return late && times.requestedUs !== Number.POSITIVE_INFINITY ? 'outage' : 'before';
  }
  if (intendedUs < times.requestedUs) return null;
  if (intendedUs >= times.goneUs) return 'after';
  return intendedUs < times.outageEndUs ? 'outage' : 'failed-over';
}
