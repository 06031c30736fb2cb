import { type Comparison, floorOf, meets, nearestRank } from './exact.ts';
import { type Observed, OK, positionAt, responseUs } from './operations.ts';

const SECOND_US = 1_000_000;

/** What an outage and a window are judged by (measurement.md, "Outage"). */
export interface Rules {
  readonly downAfter: number;
  readonly upAfter: number;
  readonly floor: number;
  readonly sustainUs: number;
  readonly windowOperations: number;
  /** What the `ok` operations of a window must meet; null: success alone. */
  readonly latency: { readonly quantile: number; readonly op: Comparison; readonly targetUs: number } | null;
}

/** A stretch of operations that begins at an instant: positions `first` to before `end`. */
export interface Window {
  readonly beginUs: number;
  /** Where the next one would begin. */
  readonly endUs: number;
  readonly first: number;
  readonly end: number;
  readonly notOk: number;
  /** `ok` operations that each meet the latency target. */
  readonly quick: number;
  /** It has its operations, and the observation has gone on for a second from its beginning. One that is not complete is not judged. */
  readonly complete: boolean;
}

/** The window that begins at `beginUs`; `first` is the first position that is intended then or later. */
function windowAt(observed: Observed, rules: Rules, beginUs: number, first: number): Window {
  const { ops, length } = observed;
  const secondUs = beginUs + SECOND_US;
  let end = first;
  let notOk = 0;
  let quick = 0;
  while (end < length && (end - first < rules.windowOperations || ops.intendedUs(end) < secondUs)) {
    if (ops.outcome(end) !== OK) notOk++;
    else if (isQuick(observed, rules, end)) quick++;
    end++;
  }
  return {
    beginUs,
    endUs: end > first ? ops.slotUs(ops.slot(end - 1) + 1) : beginUs,
    first,
    end,
    notOk,
    quick,
    complete: end - first >= rules.windowOperations && observed.reachedUs >= secondUs,
  };
}

/**
 * The windows that are laid from `fromUs`, end to end: each begins at the intended time of the first operation that the one before does not
 * hold. Only the last may be incomplete.
 */
export function* layWindows(observed: Observed, rules: Rules, fromUs: number): Generator<Window> {
  let beginUs = fromUs;
  let first = positionAt(observed.ops, fromUs, 0, observed.length);
  while (first < observed.length) {
    const window = windowAt(observed, rules, beginUs, first);
    yield window;
    if (window.end >= observed.length) return;
    first = window.end;
    beginUs = observed.ops.intendedUs(first);
  }
}

export function isQuick(observed: Observed, { latency }: Rules, position: number): boolean {
  return latency === null || meets(responseUs(observed.ops, position), latency.op, latency.targetUs);
}

/** More than this many operations that are not `ok` and a window of `n` fails on success. */
export function notOkLimit(rules: Rules, n: number): number {
  return Math.max(rules.downAfter, floorOf(1 - rules.floor, n));
}

export function failsOnSuccess(window: Window, rules: Rules): boolean {
  return window.notOk > notOkLimit(rules, window.end - window.first);
}

/** Fails on success, or its `ok` operations miss the latency objective. Without any `ok` there is nothing that meets it. */
export function violates(window: Window, rules: Rules): boolean {
  return failsOnSuccess(window, rules) || missesLatency(window.end - window.first - window.notOk, window.quick, rules);
}

/** Nearest rank: the quantile meets the target exactly when at least ⌈q·n⌉ values do. */
export function missesLatency(ok: number, quick: number, { latency }: Rules): boolean {
  return latency !== null && (ok === 0 || quick < nearestRank(latency.quantile, ok));
}
