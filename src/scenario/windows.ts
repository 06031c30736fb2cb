import type { Plan } from './plan.ts';

/** Consecutive windows that hold before an SLO counts as restored, or a state as steady (measurement.md, "The clocks of RTO"). */
export const WINDOWS_THAT_HOLD = 5;
/** A latency objective with fewer `ok` operations is unknown. */
export const LATENCY_OPERATIONS = 200;

/** Length of one window at `rate` operations a second, µs: as many operations as it holds, and at least one second. */
export function windowUs(rate: number, windowOperations: number): number {
  return Math.max(1_000_000, Math.ceil((windowOperations * 1_000_000) / rate));
}

/** The longest window of a plan's services, µs. */
export function slowestWindowUs(plan: Pick<Plan, 'services' | 'settings'>): number {
  const { windowOperations } = plan.settings;
  return Math.max(...Object.values(plan.services).map(({ rate }) => windowUs(rate, windowOperations)));
}

/** Operations of one timetable that may be in flight at once, all of them unanswered: each lives for its attempts and the pauses between. */
export function inFlightNeeded(rate: number, timeoutUs: number, retry: Plan['retry']): number {
  let lifetimeUs = timeoutUs;
  for (let n = 0; n < (retry?.retries ?? 0); n++) {
    lifetimeUs += timeoutUs + Math.min((retry?.base_us ?? 0) * 2 ** n, retry?.max_us ?? 0);
  }
  return Math.ceil((rate * lifetimeUs) / 1_000_000);
}

/** More operations in flight than one client process can hold and still be on time. */
export const IN_FLIGHT_LIMIT = 10_000;
