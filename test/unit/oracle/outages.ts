import type { Op } from './input.ts';
import { failsOnSuccess, layWindows, type Settings, type Slo, violates } from './windows.ts';

export interface OracleOutage {
  readonly seenBy: 'runs' | 'window';
  readonly downIndex: number;
  /** Position of the up operation; null while open. */
  readonly upIndex: number | null;
  readonly down: number;
  readonly up: number | null;
  readonly length: number | null;
  readonly start: { readonly notBefore: number | null; readonly notAfter: number | null };
  readonly end: { readonly notBefore: number | null; readonly notAfter: number | null } | null;
  readonly operations: number;
  readonly notOk: number;
}

const isOk = (op: Op | undefined): boolean => op?.outcome === 'ok';

/** Operations that belong to a run of at least `downAfter` consecutive ones that are not `ok`. */
function inRuns(ops: readonly Op[], downAfter: number): Set<Op> {
  const members = new Set<Op>();
  ops.forEach((_, i) => {
    const run = ops.slice(i, i + downAfter);
    if (run.length === downAfter && run.every((op) => !isOk(op))) for (const op of run) members.add(op);
  });
  return members;
}

/**
 * "*Down* with the first of `downAfter` consecutive operations that are not `ok`; *up* with the first of `upAfter` consecutive `ok` ones. Or,
 * scattered errors: windows are laid from the service's first slot, and again from each `requested` and each `up`; down with the first operation
 * that is not `ok` in a window that fails on success even without the runs of `downAfter`, up with the first operation from which a window begins
 * with `upAfter` `ok` and holds, latency included."
 */
export function outagesOf(
  ops: readonly Op[],
  end: number,
  requested: readonly number[],
  settings: Settings,
  slo: Slo,
): OracleOutage[] {
  const outages: OracleOutage[] = [];
  let position = 0;
  let laidFrom = ops[0]?.intended ?? 0;
  for (;;) {
    const byRuns = ops.findIndex((_, i) => i >= position && startsRun(ops, i, settings.downAfter, (op) => !isOk(op)));
    const byWindow = windowDown(ops, position, laidFrom, end, requested, settings);
    if (byRuns < 0 && byWindow < 0) return outages;
    // Where both see the same down operation: the window, whose up comes later and makes the platform look worse.
    const seenBy = byWindow >= 0 && (byRuns < 0 || byWindow <= byRuns) ? 'window' : 'runs';
    const downIndex = seenBy === 'window' ? byWindow : byRuns;
    const upIndex = ops.findIndex((op, i) => {
      if (i <= downIndex || !startsRun(ops, i, settings.upAfter, isOk)) return false;
      if (seenBy === 'runs') return true;
      const window = layWindows(ops, op.intended, end, settings)[0];
      return window?.complete === true && !violates(window.ops, settings, slo);
    });
    outages.push(describe(ops, seenBy, downIndex, upIndex < 0 ? null : upIndex, settings));
    if (upIndex < 0) return outages;
    position = upIndex;
    laidFrom = ops[upIndex]?.completed as number;
  }
}

function startsRun(ops: readonly Op[], at: number, length: number, matches: (op: Op) => boolean): boolean {
  const run = ops.slice(at, at + length);
  return run.length === length && run.every(matches);
}

function windowDown(
  ops: readonly Op[],
  position: number,
  laidFrom: number,
  end: number,
  requested: readonly number[],
  settings: Settings,
): number {
  const runs = inRuns(ops, settings.downAfter);
  for (const window of allWindows(ops, laidFrom, end, requested, settings)) {
    if (!window.complete) continue;
    if (
      !failsOnSuccess(
        window.ops.filter((op) => !runs.has(op)),
        settings,
      )
    )
      continue;
    const first = window.ops.find((op) => !isOk(op) && ops.indexOf(op) >= position);
    if (first) return ops.indexOf(first);
  }
  return -1;
}

/** Windows from `from`, laid again from each of `requested` that is later. */
export function allWindows(
  ops: readonly Op[],
  from: number,
  end: number,
  requested: readonly number[],
  settings: Settings,
): ReturnType<typeof layWindows> {
  const starts = [from, ...requested.filter((at) => at > from).sort((a, b) => a - b)];
  return starts.flatMap((start, i) => {
    const next = starts[i + 1];
    if (next === undefined) return layWindows(ops, start, end, settings);
    const before = ops.filter((op) => op.intended < next);
    return layWindows(before, start, Math.min(end, next), settings);
  });
}

function describe(
  ops: readonly Op[],
  seenBy: 'runs' | 'window',
  downIndex: number,
  upIndex: number | null,
  settings: Settings,
): OracleOutage {
  const down = ops[downIndex] as Op;
  const up = upIndex === null ? undefined : (ops[upIndex] as Op);
  const during = ops.slice(downIndex, upIndex ?? ops.length);
  const real = (op: Op): boolean => !isOk(op) && !op.isShed && !op.isGap;
  const upCompleted = up?.completed ?? null;
  return {
    seenBy,
    downIndex,
    upIndex,
    down: down.intended,
    up: upCompleted,
    // "from the intended time of the down operation to the **completion** of the up operation"
    length: upCompleted === null ? null : upCompleted - down.intended,
    start: {
      // "latest `invoked` of an `ok` operation ordered before the down operation"
      notBefore: latest(
        ops
          .slice(0, downIndex)
          .filter(isOk)
          .map((op) => op.invoked),
      ),
      // "the earliest `completed` of the outage's operations that were not `ok` (nor shed, nor gaps, which have no completion)"
      notAfter: earliest(during.filter(real).map((op) => op.completed)),
    },
    end:
      upIndex === null
        ? null
        : {
            // "latest `invoked` of an operation that was not `ok` ordered before the up operation"
            notBefore: latest(
              ops
                .slice(0, upIndex)
                .filter(real)
                .map((op) => op.invoked),
            ),
            // "the earliest `completed` among the `upAfter` operations"
            notAfter: earliest(ops.slice(upIndex, upIndex + settings.upAfter).map((op) => op.completed)),
          },
    operations: during.length,
    notOk: during.filter((op) => !isOk(op)).length,
  };
}

function latest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function earliest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}
