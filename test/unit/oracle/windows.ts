import type { Plan } from '../../../src/scenario/plan.ts';
import { floorTimesRest, nearestRank, type Op } from './input.ts';

export type Settings = Plan['settings'];
export type Slo = { readonly quantile: number; readonly op: '<' | '<='; readonly target_us: number } | null;

export interface OracleWindow {
  /** The instant at which it begins. */
  readonly from: number;
  /** The slot behind the last of its operations, where the next window would begin. */
  readonly to: number;
  readonly ops: readonly Op[];
  readonly complete: boolean;
}

const SECOND = 1_000_000;

/**
 * "*Windows* are laid end to end. One that begins at `t` holds 200 operations, and all that are intended in `[t, t + 1 s)` if these are more; it is
 * complete once it has them and the observation has reached `t + 1 s`". `ops` are the observed ones; the last window is the incomplete one.
 */
export function layWindows(ops: readonly Op[], from: number, end: number, settings: Settings): OracleWindow[] {
  const windows: OracleWindow[] = [];
  for (let t = from; ; ) {
    const rest = ops.filter((op) => op.intended >= t);
    const inSecond = rest.filter((op) => op.intended < t + SECOND);
    const members = rest.slice(0, Math.max(settings.windowOperations, inSecond.length));
    const complete = members.length >= settings.windowOperations && end >= t + SECOND;
    const next = rest[members.length]?.intended;
    const to = members.at(-1)?.nextSlot ?? t;
    if (rest.length > 0) windows.push({ from: t, to, ops: members, complete });
    if (!complete || rest.length === 0 || next === undefined) return windows;
    t = next;
  }
}

/** "more than `max(downAfter, ⌊(1 − floor)·n⌋)` operations that are not `ok`" */
export function failsOnSuccess(ops: readonly Op[], settings: Settings): boolean {
  const notOk = ops.filter((op) => op.outcome !== 'ok').length;
  return notOk > Math.max(settings.downAfter, floorTimesRest(settings.floor, ops.length));
}

/** "*violates* when it fails on success or its `ok` operations miss the latency objective" */
export function violates(ops: readonly Op[], settings: Settings, slo: Slo): boolean {
  return failsOnSuccess(ops, settings) || missesLatency(ops, slo);
}

function missesLatency(ops: readonly Op[], slo: Slo): boolean {
  if (slo === null) return false;
  const value = windowQuantile(ops, slo);
  if (value === null) return true;
  return slo.op === '<' ? value >= slo.target_us : value > slo.target_us;
}

function windowQuantile(ops: readonly Op[], slo: NonNullable<Slo>): number | null {
  const responses = ops.filter((op) => op.outcome === 'ok').map((op) => (op.completed as number) - op.intended);
  return nearestRank(responses, slo.quantile);
}

/** `open`: the last window that is judged violates; it is restored at `notBefore` at the earliest. */
export type Restored =
  | { readonly state: 'restored'; readonly at: number }
  | { readonly state: 'unknown' }
  | { readonly state: 'open'; readonly notBefore: number };

/**
 * "the start of the first of 5 consecutive windows that hold, after which no 3 consecutive ones that begin within `sustain` (…counted from the
 * start of the first of the five) violate. Observed for less, or such a three incomplete: `unknown`." `first`: the first window that may be it.
 */
export function sloRestored(
  windows: readonly OracleWindow[],
  from: number,
  end: number,
  settings: Settings,
  slo: Slo,
  first = 0,
): Restored {
  const holds = (window: OracleWindow | undefined): boolean =>
    window?.complete === true && !violates(window.ops, settings, slo);
  const breaks = (window: OracleWindow | undefined): boolean =>
    window?.complete === true && violates(window.ops, settings, slo);
  for (let i = first; i < windows.length; i += 1) {
    if (![0, 1, 2, 3, 4].every((offset) => holds(windows[i + offset]))) continue;
    const start = (windows[i] as OracleWindow).from;
    const within = windows.filter((window) => window.from >= start && window.from < start + settings.sustain_us);
    const threes = within.map((_, j) => within.slice(j, j + 3)).filter((three) => three.length === 3);
    if (threes.some((three) => three.every(breaks))) continue;
    const incomplete = threes.some((three) => three.every((window) => breaks(window) || !window.complete));
    if (incomplete || end < start + settings.sustain_us) return { state: 'unknown' };
    return { state: 'restored', at: start };
  }
  const judged = windows.filter((window) => window.complete);
  const last = judged.at(-1);
  if (!breaks(last)) return { state: 'unknown' };
  return { state: 'open', notBefore: windows[judged.length]?.from ?? Math.max(from, end) };
}
