import { nearestRank } from './exact.ts';
import { FAIL, GAP, INFO, OK, type Operations, responseUs } from './operations.ts';
import type { Series } from './report-schema.ts';

const SECOND_US = 1_000_000;
const BUCKETS = 600;

/** One second, or as many whole seconds as it takes to have at most 600 buckets. */
export function bucketLength(lengthUs: number): number {
  return Math.max(1, Math.ceil(lengthUs / BUCKETS / SECOND_US)) * SECOND_US;
}

/** What became of the first `length` operations of a timetable, by intended time; latency is the response time of the `ok` ones. */
export function bucketsOf(ops: Operations, length: number, bucketUs: number): Series['buckets'] {
  const buckets: Series['buckets'] = [];
  let responses = new Float64Array(1024);
  let ok = 0;
  let current: Series['buckets'][number] | null = null;
  const close = (): void => {
    if (current) buckets.push({ ...current, ...latencies(responses.subarray(0, ok).sort()) });
    ok = 0;
  };
  for (let position = 0; position < length; position++) {
    const t_us = Math.floor(ops.intendedUs(position) / bucketUs) * bucketUs;
    if (current === null || t_us !== current.t_us) {
      close();
      current = { t_us, ok: 0, fail: 0, info: 0, shed: 0, gaps: 0, p50: null, p95: null, p99: null, max: null };
    }
    const outcome = ops.outcome(position);
    if (outcome === OK) {
      current.ok++;
      if (ok === responses.length) responses = grown(responses);
      responses[ok++] = responseUs(ops, position);
    } else if (outcome === INFO) current.info++;
    else if (outcome === GAP) current.gaps++;
    else if (outcome === FAIL && ops.shed(position)) current.shed++;
    else current.fail++;
  }
  close();
  return buckets;
}

function grown(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(values.length * 2);
  larger.set(values);
  return larger;
}

function latencies(sorted: Float64Array): Pick<Series['buckets'][number], 'p50' | 'p95' | 'p99' | 'max'> {
  const quantile = (q: number): number | null => sorted[nearestRank(q, sorted.length) - 1] ?? null;
  return { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), max: sorted.at(-1) ?? null };
}
