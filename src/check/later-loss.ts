import { formatDuration } from '../duration.ts';
import type { Objective } from '../scenario/plan.ts';
import type { Later, LaterWrites } from './later-schema.ts';
import { isNoLoss } from './objectives.ts';
import type { Verdict } from './report-schema.ts';
import { judgeInterval } from './verdict.ts';

/**
 * What the writes that were acknowledged since the disaster and are missing mean to an objective of RPO; null: nothing. `no loss` is missed by the first of them; one in
 * time, where they reach over more time than it allows.
 */
export function laterLoss(
  objective: Objective & { readonly metric: 'rpo' },
  { writes, places }: Later,
): { readonly verdict: Exclude<Verdict, 'pass'>; readonly text: string } | null {
  const counted = writes.find(({ service }) => service === objective.service);
  if (!counted) return null;
  const { during, after, missing_us: us } = counted;
  const missing = missingOf(counted);
  if (missing.upper === 0) return null;
  const verdict = isNoLoss(objective)
    ? judgeInterval(missing, '<=', 0)
    : judgeInterval(us, objective.op, objective.target_us);
  if (verdict === 'pass') return null;
  const many = missing.lower === missing.upper ? `${missing.lower}` : `${missing.lower} to ${missing.upper}`;
  const of = `${many} of ${during.acknowledged + after.acknowledged} writes that were acknowledged since the disaster are missing at a site`;
  const reaches = isNoLoss(objective) ? '' : `; what is missing reaches over ${formatDuration(us.upper)}`;
  const pending = places.some(({ settled }) => settled === false)
    ? '; hints were not seen to be delivered before they were looked for again'
    : '';
  return { verdict, text: `${of}${reaches}${pending}` };
}

/** Of all services together. */
export function missingLater({ writes }: Later): { readonly lower: number; readonly upper: number } {
  const all = writes.find(({ service }) => service === null);
  return all ? missingOf(all) : { lower: 0, upper: 0 };
}

function missingOf({ during, after }: LaterWrites): { readonly lower: number; readonly upper: number } {
  return {
    lower: during.missing.lower + after.missing.lower,
    upper: during.missing.upper + after.missing.upper,
  };
}
