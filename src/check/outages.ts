import { before, type Observed, OK } from './operations.ts';
import { failsOnSuccess, isQuick, layWindows, missesLatency, notOkLimit, type Rules, type Window } from './windows.ts';

/** Positions and instants of an outage. `up` null: it is open at the end of what was observed. */
export interface OutageSpan {
  readonly seenBy: 'runs' | 'window';
  readonly down: number;
  readonly downUs: number;
  readonly up: { readonly position: number /** Completion of the up operation. */; readonly us: number } | null;
}

/**
 * The outages of a timetable, in order (measurement.md, "Outage"): by runs of `downAfter`, or by windows, which are laid from the first slot
 * and again from each instant of `layAgainUs` (the faults' `requested`) and from each `up`. Where both see the same down operation the window
 * counts, because its up comes later; the runs are taken out of a window before it is judged, so that fewer failures are too many for the rest.
 * Both make the platform look worse than the other reading.
 */
export function findOutages(observed: Observed, rules: Rules, layAgainUs: readonly number[]): OutageSpan[] {
  const outages: OutageSpan[] = [];
  if (observed.length === 0) return outages;
  let from = 0;
  let layUs = observed.ops.intendedUs(0);
  let run = nextRun(observed, rules, 0);
  for (;;) {
    if (run < from) run = nextRun(observed, rules, from);
    const scattered = nextScattered(observed, rules, { from, layUs, layAgainUs, run });
    const seenBy = scattered <= run ? 'window' : 'runs';
    const down = Math.min(run, scattered);
    if (down >= observed.length) return outages;
    const up = seenBy === 'runs' ? upByRun(observed, rules, down) : upByWindow(observed, rules, down);
    const downUs = observed.ops.intendedUs(down);
    if (up === null) {
      outages.push({ seenBy, down, downUs, up });
      return outages;
    }
    layUs = observed.ops.completedUs(up);
    outages.push({ seenBy, down, downUs, up: { position: up, us: layUs } });
    from = up;
  }
}

/** The first of the next `downAfter` consecutive operations that are not `ok`; infinite when there are none. */
function nextRun({ ops, length }: Observed, { downAfter }: Rules, from: number): number {
  let run = 0;
  for (let position = from; position < length; position++) {
    run = ops.outcome(position) === OK ? 0 : run + 1;
    if (run === downAfter) return position - downAfter + 1;
  }
  return Number.POSITIVE_INFINITY;
}

/** The first operation that is not `ok` in the first window that fails on success without the runs; infinite when none does before `run`. */
function nextScattered(
  observed: Observed,
  rules: Rules,
  at: { from: number; layUs: number; layAgainUs: readonly number[]; run: number },
): number {
  const again = at.layAgainUs.filter((us) => us > at.layUs);
  for (const [index, fromUs] of [at.layUs, ...again].entries()) {
    const untilUs = again[index];
    const laid = untilUs === undefined ? observed : before(observed, untilUs);
    for (const window of layWindows(laid, rules, fromUs)) {
      if (window.first > at.run) return Number.POSITIVE_INFINITY;
      if (!window.complete || !failsOnSuccess(window, rules)) continue;
      const inRuns = window.end > at.run ? countInRuns(observed, rules, window) : 0;
      const left = window.end - window.first - inRuns;
      if (window.notOk - inRuns > notOkLimit(rules, left)) return firstNotOk(observed, window);
    }
  }
  return Number.POSITIVE_INFINITY;
}

/** Operations of a window that belong to a run of `downAfter`, which may reach over the window's edges. */
function countInRuns({ ops, length }: Observed, { downAfter }: Rules, window: Window): number {
  let inRuns = 0;
  let position = window.first;
  while (position < window.end) {
    if (ops.outcome(position) === OK) {
      position++;
      continue;
    }
    let start = position;
    while (start > 0 && position - start < downAfter && ops.outcome(start - 1) !== OK) start--;
    let end = position;
    while (end < length && (end < window.end || end - start < downAfter) && ops.outcome(end) !== OK) end++;
    const inside = Math.min(end, window.end);
    if (end - start >= downAfter) inRuns += inside - position;
    position = inside;
  }
  return inRuns;
}

function firstNotOk({ ops }: Observed, window: Window): number {
  let position = window.first;
  while (ops.outcome(position) === OK) position++;
  return position;
}

/** The first of the next `upAfter` consecutive `ok` operations. */
function upByRun({ ops, length }: Observed, { upAfter }: Rules, down: number): number | null {
  let run = 0;
  for (let position = down; position < length; position++) {
    run = ops.outcome(position) === OK ? run + 1 : 0;
    if (run === upAfter) return position - upAfter + 1;
  }
  return null;
}

/** The first operation from which a window begins with `upAfter` `ok` and holds, latency included. A window that slides by one operation. */
function upByWindow(observed: Observed, rules: Rules, down: number): number | null {
  const { ops, length, reachedUs } = observed;
  let end = down;
  let notOk = 0;
  let quick = 0;
  let nextNotOk = down;
  for (let first = down; first < length; first++) {
    const secondUs = ops.intendedUs(first) + 1_000_000;
    if (reachedUs < secondUs) return null;
    while (end < length && (end - first < rules.windowOperations || ops.intendedUs(end) < secondUs)) {
      if (ops.outcome(end) !== OK) notOk++;
      else if (isQuick(observed, rules, end)) quick++;
      end++;
    }
    const n = end - first;
    if (n < rules.windowOperations) return null;
    if (nextNotOk < first) nextNotOk = first;
    while (nextNotOk < length && nextNotOk - first < rules.upAfter && ops.outcome(nextNotOk) === OK) nextNotOk++;
    const holds = notOk <= notOkLimit(rules, n) && !missesLatency(n - notOk, quick, rules);
    if (holds && nextNotOk - first >= rules.upAfter) return first;
    if (ops.outcome(first) !== OK) notOk--;
    else if (isQuick(observed, rules, first)) quick--;
  }
  return null;
}
