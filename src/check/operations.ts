/** What became of a slot of a timetable: codes of `Outcome`. `GAP`: it was to be run, and there is no row of it. */
export const OK = 0;
export const FAIL = 1;
export const INFO = 2;
export const GAP = 3;

/** The merged operations of one timetable, ordered by intended time; addressed by position, from 0. */
export interface Operations {
  readonly length: number;
  readonly rate: number;
  readonly timeoutUs: number;
  /** `k` of the timetable. Equal to the position, unless shed operations and gaps were left out. */
  slot(position: number): number;
  /** Intended time of slot `k`, whether or not it is among these operations. */
  slotUs(k: number): number;
  /** Never falls with the position. */
  intendedUs(position: number): number;
  /** NaN for a gap. */
  invokedUs(position: number): number;
  /** NaN where there is none: a gap, or the run ended first. */
  completedUs(position: number): number;
  /** `OK`, `FAIL`, `INFO` or `GAP`. */
  outcome(position: number): number;
  /** The harness could not send it: true only if it could send no attempt. */
  shed(position: number): boolean;
  write(position: number): boolean;
  /** Where it was sent; empty for a gap. */
  site(position: number): string;
  /** Empty when `ok`; `gap` for a gap. */
  error(position: number): string;
}

/**
 * How much of a timetable is seen: the operations before position `length`, and time up to `reachedUs`. What comes later is censored:
 * nobody waited for its outcome, or it belongs to another fault.
 */
export interface Observed {
  readonly ops: Operations;
  readonly length: number;
  readonly reachedUs: number;
}

/** The first position from `low` on that is intended at `us` or later. */
export function positionAt(ops: Operations, us: number, low = 0, high = ops.length): number {
  let from = low;
  let to = Math.max(low, high);
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (ops.intendedUs(middle) < us) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The same, seen only before the instant `us`: "before X" is `< X`. */
export function before(observed: Observed, us: number): Observed {
  return {
    ops: observed.ops,
    length: positionAt(observed.ops, us, 0, observed.length),
    reachedUs: Math.min(observed.reachedUs, us),
  };
}

/**
 * Everything of a timetable but the slots whose timeout had not passed when the record ended: `recordEndUs` is the instant of `run-ended`,
 * or in a run without it that of the last completion.
 */
export function uncensored(ops: Operations, recordEndUs: number): Observed {
  const length = positionAt(ops, recordEndUs - ops.timeoutUs + 1);
  return { ops, length, reachedUs: length > 0 ? ops.intendedUs(length - 1) : Number.NEGATIVE_INFINITY };
}

/** `completed − intended`, microseconds. */
export function responseUs(ops: Operations, position: number): number {
  return ops.completedUs(position) - ops.intendedUs(position);
}
