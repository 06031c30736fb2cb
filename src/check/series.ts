import { nearestRank } from './exact.ts';
import { FAIL, GAP, INFO, OK, type Operations, responseUs } from './operations.ts';
import { sortedCounts } from './outage-report.ts';
import type { Series } from './report-schema.ts';

const SECOND_US = 1_000_000;
const BUCKETS = 600;

/** One second, or as many whole seconds as it takes to have at most 600 buckets. */
export function bucketLength(lengthUs: number): number {
  return Math.max(1, Math.ceil(lengthUs / BUCKETS / SECOND_US)) * SECOND_US;
}

/**
 * What became of the first `length` operations of a timetable, by intended time; latency is the response time of the `ok` ones. `bySite`: where they were sent as
 * well. An operation waits at the end of a bucket where its intended time is before that instant and its answer, or where it has none its timeout, after it.
 */
export function bucketsOf(ops: Operations, length: number, bucketUs: number, bySite: boolean): Series['buckets'] {
  const buckets: Series['buckets'] = [];
  /** By the number of a bucket from the run's origin: how many more wait at its end than at the end of the one before. */
  const change = new Map<number, number>();
  const changeAt = (bucket: number, by: number): void => {
    change.set(bucket, (change.get(bucket) ?? 0) + by);
  };
  const sites = new Map<string, number>();
  let responses = new Float64Array(1024);
  let ok = 0;
  let current: Series['buckets'][number] | null = null;
  const close = (): void => {
    if (current) {
      const latency = latencies(responses.subarray(0, ok).sort());
      buckets.push({ ...current, ...latency, ...(bySite && { bySite: sortedCounts(sites) }) });
    }
    ok = 0;
    sites.clear();
  };
  for (let position = 0; position < length; position++) {
    const intendedUs = ops.intendedUs(position);
    const t_us = Math.floor(intendedUs / bucketUs) * bucketUs;
    const completedUs = ops.completedUs(position);
    const until = Number.isNaN(completedUs) ? intendedUs + ops.timeoutUs : completedUs;
    const [from, to] = [t_us / bucketUs, Math.ceil(until / bucketUs) - 1];
    if (to > from) {
      changeAt(from, 1);
      changeAt(to, -1);
    }
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
    if (bySite && outcome !== GAP) {
      const site = ops.site(position);
      sites.set(site, (sites.get(site) ?? 0) + 1);
    }
  }
  close();
  return withWaiting(buckets, change, bucketUs);
}

function withWaiting(
  buckets: Series['buckets'],
  change: ReadonlyMap<number, number>,
  bucketUs: number,
): Series['buckets'] {
  const changes = [...change].sort(([a], [b]) => a - b);
  let [next, waiting] = [0, 0];
  return buckets.map((bucket) => {
    for (; (changes[next]?.[0] ?? Infinity) <= bucket.t_us / bucketUs; next++) waiting += changes[next]?.[1] ?? 0;
    return { ...bucket, waiting };
  });
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
