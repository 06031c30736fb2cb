/**
 * The run's clock: CLOCK_MONOTONIC, shared by every process of one machine, counted in whole microseconds from an origin.
 * Wall-clock time is only ever a label beside it.
 */
export interface Clock {
  /** Whole microseconds since the run's origin. */
  nowUs(): number;
}

/** The system's monotonic clock. `originNs` is `process.hrtime.bigint()` at the run's origin, handed to every process of the run. */
export function monotonicClock(originNs: bigint): Clock {
  return { nowUs: () => Number((process.hrtime.bigint() - originNs) / 1000n) };
}
