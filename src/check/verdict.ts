import { type Comparison, meets } from './exact.ts';
import type { Instant, Interval, Verdict } from './report-schema.ts';

/** `fail` beats `unknown` beats `pass`; of nothing, `unknown`. */
export function combine(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail';
  return verdicts.length === 0 || verdicts.includes('unknown') ? 'unknown' : 'pass';
}

/** Judged on the worst end: `pass` when that meets the target, `fail` when not even the best end does, else `unknown`. */
export function judgeInterval({ lower, upper }: Interval, op: Comparison, target: number): Verdict {
  if (upper !== null && meets(upper, op, target)) return 'pass';
  return meets(lower, op, target) ? 'unknown' : 'fail';
}

/** Both ends included. */
export function overlaps(stall: { readonly from_us: number; readonly to_us: number }, instant: Instant): boolean {
  return stall.from_us <= instant.notAfter_us && stall.to_us >= instant.notBefore_us;
}
