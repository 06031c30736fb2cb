import type { Outage, View } from '../check/report-schema.ts';
import type { Attempt } from '../history/operation.ts';
import type { Truth } from './trials.ts';

/** One line of the calibration's table. */
export interface Finding {
  readonly trial: string;
  readonly truth: string;
  readonly measured: string;
  readonly right: boolean;
}

/** What the stub cannot be blamed for: the operation's own answer. */
const ANSWER_US = 5_000;

const ms = (us: number): string => `${(us / 1000).toFixed(1)} ms`;

/** Outages of a view that overlap a truth. */
function overlapping(view: View, truth: Truth): readonly Outage[] {
  return view.outages.filter(
    (one) =>
      one.down_us <= truth.toUs.notAfter + 1_000_000 &&
      (one.up_us ?? Number.POSITIVE_INFINITY) >= truth.fromUs.notBefore,
  );
}

/** Refused for a known time: one outage, off by at most one interval of the probe and 5 ms. */
export function compareRefused(view: View, truth: Truth): Finding {
  const length = truth.toUs.notAfter - truth.fromUs.notBefore;
  const found = overlapping(view, truth);
  const [outage] = found;
  const error = outage?.length_us == null ? null : outage.length_us - length;
  const allowed = 1e6 / view.rate + ANSWER_US;
  return {
    trial: `refused, ${view.service}`,
    truth: ms(length),
    measured:
      error === null ? 'no outage' : `${ms(outage?.length_us ?? 0)}, error ${ms(error)} of ${ms(allowed)} allowed`,
    right: found.length === 1 && error !== null && Math.abs(error) <= allowed,
  };
}

/** Dropped for a known time: the bounds hold the true instants; a cut that TCP outlived shows as no outage at all. */
export function compareDropped(view: View, truth: Truth): Finding {
  const length = truth.toUs.notAfter - truth.fromUs.notBefore;
  const found = overlapping(view, truth);
  const first = found[0];
  const last = found.at(-1);
  const within = (
    bounds: { notBefore_us: number | null; notAfter_us: number | null } | null | undefined,
    instant: Truth['fromUs'],
  ): boolean =>
    bounds != null &&
    (bounds.notBefore_us ?? 0) <= instant.notAfter &&
    (bounds.notAfter_us ?? Number.POSITIVE_INFINITY) >= instant.notBefore;
  if (!first || !last) {
    return {
      trial: `dropped, ${view.service}`,
      truth: ms(length),
      measured: 'no failed operation: TCP sent again',
      right: length < view.timeout_us,
    };
  }
  const right = within(first.start, truth.fromUs) && within(last.end, truth.toUs);
  const seen = (last.up_us ?? 0) - first.down_us;
  return {
    trial: `dropped, ${view.service}`,
    truth: ms(length),
    measured: `client-visible ${ms(seen)}; bounds ${right ? 'hold' : 'MISS'} the cut`,
    right,
  };
}

/** Delayed by a known amount: P95 of the operations invoked meanwhile within 2 %. */
export function compareDelayed(view: View, truth: Truth, attempts: readonly Attempt[]): Finding {
  const times = attempts
    .filter(
      (row) =>
        row.service === view.service &&
        row.outcome === 'ok' &&
        row.invokedUs >= truth.fromUs.notBefore &&
        row.invokedUs < truth.toUs.notBefore,
    )
    .map((row) => (row.completedUs ?? 0) - row.intendedUs)
    .sort((a, b) => a - b);
  const p95 = times[Math.ceil(0.95 * times.length) - 1] ?? 0;
  const error = (p95 - truth.delayUs) / truth.delayUs;
  return {
    trial: `delayed, ${view.service}`,
    truth: ms(truth.delayUs),
    measured: `P95 ${ms(p95)} of ${times.length}, error ${(100 * error).toFixed(2)} %`,
    right: times.length >= 20 && Math.abs(error) <= 0.02,
  };
}

/** Answers dropped: every write `info`, none failed, and there when it is read. */
export function compareUnanswered(
  view: View,
  truth: Truth,
  attempts: readonly Attempt[],
  present: ReadonlySet<string>,
): Finding {
  const writes = attempts.filter(
    (row) =>
      row.service === view.service &&
      row.f === 'write' &&
      row.invokedUs >= truth.fromUs.notBefore &&
      row.invokedUs < truth.toUs.notBefore,
  );
  const info = writes.filter((row) => row.outcome === 'info').length;
  const there = writes.filter((row) => present.has(row.key)).length;
  return {
    trial: `unanswered, ${view.service}`,
    truth: `${writes.length} writes`,
    measured: `${info} info, ${there} found`,
    right: writes.length > 0 && info === writes.length && there === writes.length,
  };
}

/** Nothing done: no outage. */
export function compareNothing(view: View, truth: Truth): Finding {
  const found = overlapping(view, truth).filter((one) => one.down_us >= truth.fromUs.notBefore);
  return {
    trial: `nothing, ${view.service}`,
    truth: 'no outage',
    measured: found.length === 0 ? 'no outage' : `${found.length} outages`,
    right: found.length === 0,
  };
}
