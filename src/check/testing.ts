import { slotIntendedUs } from '../history/timetable.ts';
import { FAIL, GAP, INFO, type Observed, OK, type Operations } from './operations.ts';
import type { Rules } from './windows.ts';

/** How a history that is written as text is to be read. */
export interface HistoryOptions {
  /** Operations a second. */
  readonly rate?: number;
  readonly startUs?: number;
  readonly timeoutUs?: number;
  /** Response time of `.` and `x`. */
  readonly responseUs?: number;
  /** Response time of `s`. */
  readonly slowUs?: number;
  readonly site?: string;
  /** Words of `f`, by turns. */
  readonly f?: readonly string[];
  /** Changes of single operations, by `k`. */
  readonly at?: Readonly<Record<number, Partial<Slot>>>;
}

/** One operation of a history that is written by hand. */
export interface Slot {
  readonly k: number;
  readonly intendedUs: number;
  readonly invokedUs: number;
  readonly completedUs: number;
  readonly outcome: number;
  readonly shed: boolean;
  readonly write: boolean;
  readonly site: string;
  readonly error: string;
}

/** Defaults of measurement.md, no latency objective. */
export const RULES: Rules = {
  downAfter: 3,
  upAfter: 10,
  floor: 0.95,
  sustainUs: 30_000_000,
  windowOperations: 200,
  latency: null,
};

/**
 * A history, one character an operation, in the order of intended time: `.` ok, `s` ok but slow, `x` failed (refused), `?` unknown (timed
 * out), `-` shed, `_` a gap. Spaces are left out. `repeat` helps: `'.'.repeat(200)`. Default: 100 a second from 0, answers after 1 ms.
 */
export function history(text: string, options: HistoryOptions = {}): Operations {
  return operationsOf(historySlots(text, options), options);
}

/** The same as a list, for changing it by hand. */
export function historySlots(text: string, options: HistoryOptions = {}): Slot[] {
  const { responseUs = 1_000, slowUs = 500_000, timeoutUs = 2_000_000, site = 'paris', f = ['write'] } = options;
  return [...text.replaceAll(/\s/g, '')].map((mark, k): Slot => {
    const intendedUs = slotIntendedUs(options.startUs ?? 0, options.rate ?? 100, k);
    const done = (outcome: number, elapsedUs: number, error: string): Slot => ({
      k,
      intendedUs,
      invokedUs: intendedUs,
      completedUs: intendedUs + elapsedUs,
      outcome,
      shed: error === 'shed',
      write: f[k % f.length] === 'write',
      site,
      error,
      ...options.at?.[k],
    });
    if (mark === '.') return done(OK, responseUs, '');
    if (mark === 's') return done(OK, slowUs, '');
    if (mark === 'x') return done(FAIL, responseUs, 'refused');
    if (mark === '?') return done(INFO, timeoutUs, 'timeout');
    if (mark === '-') return done(FAIL, 0, 'shed');
    if (mark === '_') {
      return { ...done(GAP, Number.NaN, 'gap'), invokedUs: Number.NaN, site: '', ...options.at?.[k] };
    }
    throw new Error(`expected one of . s x ? - _ in a history, got ${mark}`);
  });
}

export function operationsOf(slots: readonly Slot[], options: HistoryOptions = {}): Operations {
  const { rate = 100, startUs = 0, timeoutUs = 2_000_000 } = options;
  const get = (position: number): Slot => {
    const slot = slots[position];
    if (!slot) throw new Error(`position ${position} of ${slots.length}`);
    return slot;
  };
  return {
    length: slots.length,
    rate,
    timeoutUs,
    slot: (position) => get(position).k,
    slotUs: (k) => slotIntendedUs(startUs, rate, k),
    intendedUs: (position) => get(position).intendedUs,
    invokedUs: (position) => get(position).invokedUs,
    completedUs: (position) => get(position).completedUs,
    outcome: (position) => get(position).outcome,
    shed: (position) => get(position).shed,
    write: (position) => get(position).write,
    site: (position) => get(position).site,
    error: (position) => get(position).error,
  };
}

/** All of it seen, up to its last slot (or `reachedUs`). */
export function observe(ops: Operations, reachedUs?: number): Observed {
  const lastUs = ops.length > 0 ? ops.intendedUs(ops.length - 1) : Number.NEGATIVE_INFINITY;
  return { ops, length: ops.length, reachedUs: reachedUs ?? lastUs };
}
