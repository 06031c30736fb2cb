import { type Observed, OK } from './operations.ts';
import type { Outage } from './outage-schema.ts';
import type { OutageSpan } from './outages.ts';

/**
 * Adds to each outage its bounds, its length and its errors, in one pass. `outages` in order. Shed operations and gaps bound nothing: they
 * were never sent, so they say nothing of the platform.
 */
export function describeOutages(observed: Observed, outages: readonly OutageSpan[], upAfter: number): Outage[] {
  const { ops } = observed;
  const described: Outage[] = [];
  let position = 0;
  let okInvoked: number | null = null;
  let notOkInvoked: number | null = null;
  const see = (at: number): void => {
    if (ops.outcome(at) === OK) okInvoked = latest(okInvoked, ops.invokedUs(at));
    else if (!ops.shed(at)) notOkInvoked = latest(notOkInvoked, ops.invokedUs(at));
  };
  for (const outage of outages) {
    while (position < outage.down) see(position++);
    const startNotBefore = okInvoked;
    const end = outage.up?.position ?? observed.length;
    const errors = new Map<string, number>();
    let earliestFailure: number | null = null;
    let notOk = 0;
    for (; position < end; position++) {
      see(position);
      if (ops.outcome(position) === OK) continue;
      notOk++;
      errors.set(ops.error(position), (errors.get(ops.error(position)) ?? 0) + 1);
      if (!ops.shed(position)) earliestFailure = earliest(earliestFailure, ops.completedUs(position));
    }
    let earliestSuccess: number | null = null;
    for (let at = end; outage.up && at < end + upAfter; at++) {
      earliestSuccess = earliest(earliestSuccess, ops.completedUs(at));
    }
    described.push({
      seenBy: outage.seenBy,
      down_us: outage.downUs,
      up_us: outage.up?.us ?? null,
      length_us: outage.up ? outage.up.us - outage.downUs : null,
      start: { notBefore_us: startNotBefore, notAfter_us: earliestFailure },
      end: outage.up ? { notBefore_us: notOkInvoked, notAfter_us: earliestSuccess } : null,
      operations: end - outage.down,
      notOk,
      errors: sortedCounts(errors),
    });
  }
  return described;
}

/** Counts by name, in the order of the names, so that a report is the same to the byte. */
export function sortedCounts(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function latest(known: number | null, us: number): number | null {
  return Number.isNaN(us) ? known : known === null ? us : Math.max(known, us);
}

function earliest(known: number | null, us: number): number | null {
  return Number.isNaN(us) ? known : known === null ? us : Math.min(known, us);
}
