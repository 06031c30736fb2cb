/** Shares such as 0.9 have no exact binary form: (1 − 0.9) · 200 is 19.999…, and 0.07 · 100 is 7.000…1. */
const TOLERANCE = 1e-6;

/** The nearest rank ⌈q·n⌉ of a quantile, from 1. */
export function nearestRank(quantile: number, n: number): number {
  return Math.min(n, Math.max(1, Math.ceil(quantile * n - TOLERANCE)));
}

/** ⌊share · n⌋. */
export function floorOf(share: number, n: number): number {
  return Math.floor(share * n + TOLERANCE);
}

export type Comparison = '<' | '<=';

export function meets(value: number, op: Comparison, target: number): boolean {
  return op === '<' ? value < target : value <= target;
}
