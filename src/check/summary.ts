import { FAIL, GAP, INFO, OK, type Operations } from './operations.ts';
import { sortedCounts } from './outage-report.ts';
import type { View } from './report-schema.ts';

/** How many operations there were, of which kind, where, and what went wrong: the first `length` positions. */
export function summarise(
  ops: Operations,
  length: number,
  attempts: number,
): Pick<View, 'operations' | 'errors' | 'bySite' | 'successRatio'> {
  const counts = { total: length, ok: 0, fail: 0, info: 0, shed: 0, gaps: 0, reads: 0, writes: 0, attempts };
  const errors = new Map<string, number>();
  const bySite = new Map<string, number>();
  for (let position = 0; position < length; position++) {
    const outcome = ops.outcome(position);
    if (outcome !== OK) {
      const error = ops.error(position);
      errors.set(error, (errors.get(error) ?? 0) + 1);
    }
    if (outcome === GAP) {
      counts.gaps++;
      continue;
    }
    if (outcome === OK) counts.ok++;
    else if (outcome === INFO) counts.info++;
    else if (outcome === FAIL) counts.fail++;
    if (ops.shed(position)) counts.shed++;
    if (ops.write(position)) counts.writes++;
    else counts.reads++;
    const site = ops.site(position);
    bySite.set(site, (bySite.get(site) ?? 0) + 1);
  }
  return {
    operations: counts,
    errors: sortedCounts(errors),
    bySite: sortedCounts(bySite),
    successRatio: length === 0 ? null : counts.ok / length,
  };
}
