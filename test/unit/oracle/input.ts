import type { EventData, EventType } from '../../../src/history/event.ts';
import type { Attempt, Outcome, ReadBackRow } from '../../../src/history/operation.ts';
import type { Plan } from '../../../src/scenario/plan.ts';

/** A journal event without its chain. */
export type OracleEvent = {
  [T in EventType]: { readonly at_us: number; readonly type: T; readonly data: EventData[T] };
}[EventType];

/** A run directory as plain arrays: all that the oracle sees. */
export interface OracleInput {
  readonly plan: Plan;
  readonly attempts: readonly Attempt[];
  readonly readBack: readonly ReadBackRow[];
  /** Of `later.csv`; absent: the run has no such file. */
  readonly later?: readonly ReadBackRow[];
  readonly events: readonly OracleEvent[];
}

/** One operation: its attempts merged, or a gap. Times in microseconds from the run's origin. */
export interface Op {
  readonly index: number;
  readonly probe: string;
  readonly service: string;
  readonly client: string;
  /** Empty for a gap. */
  readonly site: string;
  readonly key: string;
  readonly intended: number;
  /** Intended time of the next slot, whether or not anything was sent in it. */
  readonly nextSlot: number;
  readonly invoked: number | null;
  readonly completed: number | null;
  readonly outcome: Outcome;
  readonly error: string;
  readonly valueSha: string;
  readonly isWrite: boolean;
  readonly isShed: boolean;
  readonly isGap: boolean;
  readonly attempts: number;
}

export function eventsOfType<T extends EventType>(
  events: readonly OracleEvent[],
  type: T,
): Extract<OracleEvent, { type: T }>[] {
  return events.filter((event): event is Extract<OracleEvent, { type: T }> => event.type === type);
}

/** `⌈q·n⌉` in decimal, not in binary: 0.07 · 100 is 7. `q` to twelve decimals. */
function ceilTimes(q: number, n: number): number {
  const parts = BigInt(Math.round(q * 1e12)) * BigInt(n);
  return Number((parts + 10n ** 12n - 1n) / 10n ** 12n);
}

/** `⌊(1 − floor)·n⌋` in decimal. */
export function floorTimesRest(floor: number, n: number): number {
  return Number(((10n ** 12n - BigInt(Math.round(floor * 1e12))) * BigInt(n)) / 10n ** 12n);
}

/** "nearest rank `⌈q·n⌉`", of exact values; null when there are none. */
export function nearestRank(values: readonly number[], q: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, ceilTimes(q, sorted.length)) - 1] ?? null;
}
