import { FAIL, INFO, OK } from './operations.ts';

/** What decides which attempt of an operation counts. `completedUs` NaN: it never completed. */
export interface Contender {
  readonly outcome: number;
  readonly completedUs: number;
  readonly attempt: number;
}

const RANK: Readonly<Record<number, number>> = { [FAIL]: 0, [INFO]: 1, [OK]: 2 };

/**
 * Whether `a` counts rather than `b`: `ok` before `info` before `fail`; the first `ok` by completion, the last of the others. A completion that
 * never came is later than any; at the same instant the lower attempt is the earlier. The order in which attempts are read makes no difference.
 */
export function attemptWins(a: Contender, b: Contender): boolean {
  if (a.outcome !== b.outcome) return (RANK[a.outcome] ?? -1) > (RANK[b.outcome] ?? -1);
  const aUs = Number.isNaN(a.completedUs) ? Number.POSITIVE_INFINITY : a.completedUs;
  const bUs = Number.isNaN(b.completedUs) ? Number.POSITIVE_INFINITY : b.completedUs;
  const earlier = aUs === bUs ? a.attempt < b.attempt : aUs < bUs;
  return a.outcome === OK ? earlier : !earlier;
}
