import type { Interval } from '../check/report-schema.ts';

/** How one figure was distributed over several runs. */
export interface Distribution {
  /** Runs that gave it. */
  readonly n: number;
  /** Runs that did not: never counted as anything. */
  readonly unknown: number;
  /** Ends are intervals: a figure may itself have bounds, and `upper` null has none. */
  readonly minimum: Interval | null;
  readonly median: Interval | null;
  readonly maximum: Interval | null;
}

/**
 * Minimum, median and maximum. Figures are ordered by their worst end (no upper bound is the worst of all), so that a run that never recovered counts as
 * the longest instead of dropping out. Of an even number the median is the upper of the two in the middle: a value that was seen, and the worse one.
 */
export function distributionOf(figures: readonly (Interval | null)[]): Distribution {
  const known = figures
    .filter((figure) => figure !== null)
    .toSorted((a, b) => order(a.upper) - order(b.upper) || a.lower - b.lower);
  return {
    n: known.length,
    unknown: figures.length - known.length,
    minimum: known[0] ?? null,
    median: known[Math.floor(known.length / 2)] ?? null,
    maximum: known.at(-1) ?? null,
  };
}

/** No bound is above every bound; finite, so that two of them compare as equal. */
function order(upper: number | null): number {
  return upper ?? Number.MAX_VALUE;
}

/** What n runs without a failure can claim at 95 %: bounds of the share of runs that would fail. */
export interface Claim {
  readonly n: number;
  /** 3/n, at most 1: the rule of three. */
  readonly ruleOfThree: number;
  /** 1 − 0.05^(1/n): at this share, n runs in a row pass in 5 % of cases. */
  readonly exact: number;
}

/** Null where a run did not pass, or there was none: then nothing of the kind can be said. */
export function claimOf(runs: number, passed: number): Claim | null {
  if (runs === 0 || passed !== runs) return null;
  return { n: runs, ruleOfThree: Math.min(1, 3 / runs), exact: 1 - 0.05 ** (1 / runs) };
}
