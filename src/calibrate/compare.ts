import { nearestRank } from '../check/exact.ts';
import type { Outage } from '../check/outage-schema.ts';
import type { Report, View } from '../check/report-schema.ts';
import type { Attempt } from '../history/operation.ts';
import type { RunResult } from '../run/runner.ts';
import type { Truth } from './trials.ts';

/** One line of the calibration's table. */
export interface Finding {
  readonly trial: string;
  readonly truth: string;
  readonly measured: string;
  /** How far off it was, to find the worst of its kind: 1 is all that is allowed. */
  readonly off?: number;
  readonly right: boolean;
}

/** What the stub cannot be blamed for: the operation's own answer. */
const ANSWER_US = 5_000;
/** Failures in a row that make an outage: a cut that outlasts the timeout by less than they take may make none. */
const DOWN_AFTER = 3;

const ms = (us: number): string => `${(us / 1000).toFixed(1)} ms`;

/** Outages of a view that overlap a truth. */
function overlapping(view: View, truth: Truth): readonly Outage[] {
  return view.outages.filter(
    (one) =>
      one.down_us <= truth.toUs.notAfter + 1_000_000 &&
      (one.up_us ?? Number.POSITIVE_INFINITY) >= truth.fromUs.notBefore,
  );
}

/**
 * Refused for a known time: one outage, off by at most one interval of the probe and 5 ms, or the time of the answer that ends it where that is
 * longer: an outage ends with a completion, and that is the store's doing.
 */
export function compareRefused(view: View, truth: Truth, attempts: readonly Attempt[]): Finding {
  const length = truth.toUs.notAfter - truth.fromUs.notBefore;
  const found = overlapping(view, truth);
  const [outage] = found;
  const error = outage?.length_us == null ? null : outage.length_us - length;
  const last = attempts.find((row) => row.service === view.service && row.completedUs === outage?.up_us);
  const answerUs = last ? (last.completedUs as number) - last.intendedUs : 0;
  const allowed = 1e6 / view.rate + Math.max(ANSWER_US, answerUs);
  return {
    trial: `refused, ${view.service}`,
    truth: ms(length),
    measured:
      error === null ? 'no outage' : `${ms(outage?.length_us ?? 0)}, error ${ms(error)} of ${ms(allowed)} allowed`,
    off: Math.abs(error ?? 0) / allowed,
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
      // A line of its own: there are no bounds that could be right.
      trial: `dropped, too short for an outage, ${view.service}`,
      truth: ms(length),
      measured: 'no three operations failed in a row: TCP sent again',
      right: length < view.timeout_us + (DOWN_AFTER * 1e6) / view.rate,
    };
  }
  const right = within(first.start, truth.fromUs) && within(last.end, truth.toUs);
  const seen = (last.up_us ?? 0) - first.down_us;
  return {
    trial: `dropped, ${view.service}`,
    truth: ms(length),
    measured: `client-visible ${ms(seen)}; start ${around(first.start, truth.fromUs)}, end ${around(last.end, truth.toUs)}`,
    off: seen / length,
    right,
  };
}

/** Where bounds lie around a true instant: what they leave open before and after it. */
function around(
  bounds: { readonly notBefore_us: number | null; readonly notAfter_us: number | null } | null,
  { notBefore, notAfter }: Truth['fromUs'],
): string {
  const side = (bound: number | null | undefined, instant: number): string =>
    bound == null ? '?' : `${bound < instant ? '−' : '+'}${ms(Math.abs(bound - instant))}`;
  return `${side(bounds?.notBefore_us, notAfter)} to ${side(bounds?.notAfter_us, notBefore)} of the truth`;
}

/** Delayed by a known amount: P95 of the response times, by the rule by which objectives are judged, within 2 %. */
export function compareDelayed(view: View, truth: Truth, attempts: readonly Attempt[]): Finding {
  const times = attempts
    .filter(
      (row) =>
        row.service === view.service &&
        row.outcome === 'ok' &&
        row.invokedUs >= truth.fromUs.notAfter &&
        row.invokedUs < truth.toUs.notBefore,
    )
    .map((row) => (row.completedUs as number) - row.intendedUs)
    .toSorted((a, b) => a - b);
  const p95 = times[nearestRank(0.95, times.length) - 1] ?? Number.NaN;
  const error = (p95 - truth.delayUs) / truth.delayUs;
  return {
    trial: `delayed, ${view.service}`,
    truth: ms(truth.delayUs),
    measured: `P95 of ${times.length} operations ${ms(p95)}, off by ${(100 * error).toFixed(2)} %`,
    off: Math.abs(error) / 0.02,
    right: times.length > 0 && Math.abs(error) <= 0.02,
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
  const { fromUs, toUs } = truth;
  const found = view.outages.filter(({ down_us }) => down_us >= fromUs.notBefore && down_us < toUs.notBefore);
  return {
    trial: `nothing, ${view.service}`,
    truth: 'no outage',
    measured: found.length === 0 ? 'no outage' : `${found.length} outages`,
    right: found.length === 0,
  };
}

/** Rows deleted behind the probe's back: the checker names exactly these as lost. */
export function compareDeleted(service: string, report: Report, deleted: ReadonlySet<string>): Finding {
  const rpo = report.rpo.find((one) => one.service === service);
  const named = new Set(rpo?.lostKeys.map(({ key }) => key));
  const lost = rpo?.lost;
  const counted = lost?.lower === deleted.size && lost.upper === deleted.size;
  return {
    trial: `deleted, ${service}`,
    truth: `${deleted.size} of ${rpo?.ledger}`,
    measured: `lost ${lost?.lower} to ${lost?.upper}, of which ${[...named].filter((key) => deleted.has(key)).length} are those`,
    right: counted && named.size === deleted.size && [...named].every((key) => deleted.has(key)),
  };
}

/** What a run may take to undo what is in force, once a condition that stops it is met. */
const HEALED_MS = 2_000;

/** A run that was broken off: nothing is in force any more within two seconds, and it says that it was aborted, and left nothing. `healedMs`: null when it was not broken off. */
export function compareStopped(
  { outcome, reason, left }: Pick<RunResult, 'outcome' | 'reason' | 'left'>,
  healedMs: number | null,
): Finding {
  const took =
    healedMs === null
      ? 'not broken off'
      : Number.isFinite(healedMs)
        ? `nothing in force after ${healedMs.toFixed(0)} ms`
        : 'not seen to be undone';
  return {
    trial: 'stopped by the lever',
    truth: `aborted, nothing in force after ${HEALED_MS} ms`,
    measured: [
      `${outcome}, ${took}`,
      ...left.map((one) => `left: ${one}`),
      ...(outcome === 'failed' ? [reason] : []),
    ].join('; '),
    off: (healedMs ?? Number.POSITIVE_INFINITY) / HEALED_MS,
    right: outcome === 'aborted' && left.length === 0 && healedMs !== null && healedMs < HEALED_MS,
  };
}

/** A whole run in which nothing is done. */
export function compareNothingRun(report: Report): Finding {
  const outages = report.views.reduce((sum, view) => sum + view.outages.length, 0);
  const lost = report.rpo.reduce((sum, { lost }) => sum + (lost?.upper ?? 0), 0);
  const why = report.reasons.map(({ subject, text }) => `${subject}: ${text}`).join('; ');
  return {
    trial: 'nothing, a whole run',
    truth: 'pass, no outage, nothing lost',
    measured: `${report.verdict}, ${outages} outages, ${lost} lost${why && `; ${why}`}`,
    right: report.verdict === 'pass' && outages === 0 && lost === 0,
  };
}
