import { nearestRank } from './exact.ts';
import { before, type Observed, OK, responseUs } from './operations.ts';
import type { OutageSpan } from './outages.ts';
import type { Interval, View } from './report-schema.ts';
import { layWindows, type Rules, violates, type Window } from './windows.ts';

/**
 * The windows that violate outside the outages: laid from the first slot, again from each instant of `layAgainUs` and each `up`, and cut
 * where the next of these or an outage begins.
 */
export function violatingWindows(
  observed: Observed,
  rules: Rules,
  outages: readonly OutageSpan[],
  layAgainUs: readonly number[],
): View['violatingWindows'] {
  if (observed.length === 0) return [];
  const found: View['violatingWindows'] = [];
  const starts = [observed.ops.intendedUs(0), ...outages.flatMap(({ up }) => (up ? [up.us] : []))];
  for (const [index, startUs] of starts.entries()) {
    const stretch = upTo(observed, outages[index]?.down ?? observed.length);
    const again = layAgainUs.filter((us) => us > startUs);
    for (const [part, fromUs] of [startUs, ...again].entries()) {
      const untilUs = again[part];
      const laid = untilUs === undefined ? stretch : before(stretch, untilUs);
      for (const window of layWindows(laid, rules, fromUs)) {
        if (window.complete && violates(window, rules)) found.push(describe(observed, rules, window));
      }
    }
  }
  return found;
}

/** The sum of the client-visible outages and of the violating windows outside them; `upper` null while an outage is open. */
export function downtime(
  observed: Observed,
  outages: readonly OutageSpan[],
  windows: View['violatingWindows'],
): Interval {
  let lower = 0;
  for (const { downUs, up } of outages) lower += (up?.us ?? observed.reachedUs) - downUs;
  for (const window of windows) lower += window.to_us - window.from_us;
  return { lower, upper: outages.at(-1)?.up === null ? null : lower };
}

function upTo(observed: Observed, length: number): Observed {
  if (length >= observed.length) return observed;
  return { ops: observed.ops, length, reachedUs: Math.min(observed.reachedUs, observed.ops.intendedUs(length)) };
}

function describe({ ops }: Observed, rules: Rules, window: Window): View['violatingWindows'][number] {
  const responses: number[] = [];
  for (let position = window.first; position < window.end; position++) {
    if (ops.outcome(position) === OK) responses.push(responseUs(ops, position));
  }
  responses.sort((a, b) => a - b);
  const quantile = rules.latency?.quantile ?? 0.95;
  return {
    from_us: window.beginUs,
    to_us: window.endUs,
    notOk: window.notOk,
    operations: window.end - window.first,
    quantile_us: responses[nearestRank(quantile, responses.length) - 1] ?? null,
  };
}
