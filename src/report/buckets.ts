import type { Series } from '../check/report-schema.ts';

export type Bucket = Series['buckets'][number];

/** Buckets of a length for drawing; `null` where the record has a hole. */
export interface Drawn {
  readonly bucketUs: number;
  readonly buckets: readonly (Bucket | null)[];
}

/**
 * At most `most` buckets to draw. Several become one by adding the counts and taking the worst of each percentile: the percentile of the whole
 * cannot be had from those of its parts, and the worst hides nothing.
 */
export function drawable(buckets: readonly Bucket[], bucketUs: number, most: number): Drawn {
  const sorted = buckets.toSorted((a, b) => a.t_us - b.t_us);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (!first || !last) return { bucketUs, buckets: [] };
  const factor = Math.max(1, Math.ceil(((last.t_us - first.t_us) / bucketUs + 1) / most));
  const size = bucketUs * factor;
  const merged = new Map<number, Bucket>();
  for (const bucket of sorted) {
    const slot = Math.floor((bucket.t_us - first.t_us) / size);
    const into = merged.get(slot);
    merged.set(slot, into ? merge(into, bucket) : { ...bucket, t_us: first.t_us + slot * size });
  }
  const drawn: (Bucket | null)[] = [];
  let expected = 0;
  for (const [slot, bucket] of merged) {
    if (slot > expected) drawn.push(null);
    drawn.push(bucket);
    expected = slot + 1;
  }
  return { bucketUs: size, buckets: drawn };
}

function merge(a: Bucket, b: Bucket): Bucket {
  const worst = (x: number | null, y: number | null): number | null =>
    x === null ? y : y === null ? x : Math.max(x, y);
  return {
    t_us: a.t_us,
    ok: a.ok + b.ok,
    fail: a.fail + b.fail,
    info: a.info + b.info,
    shed: a.shed + b.shed,
    gaps: a.gaps + b.gaps,
    p50: worst(a.p50, b.p50),
    p95: worst(a.p95, b.p95),
    p99: worst(a.p99, b.p99),
    max: worst(a.max, b.max),
    ...(a.waiting !== undefined && b.waiting !== undefined && { waiting: Math.max(a.waiting, b.waiting) }),
    ...(a.bySite !== undefined && b.bySite !== undefined && { bySite: added(a.bySite, b.bySite) }),
  };
}

function added(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const sum = new Map(Object.entries(a));
  for (const [key, value] of Object.entries(b)) sum.set(key, (sum.get(key) ?? 0) + value);
  return Object.fromEntries(sum);
}

/** How many operations a bucket should have had. */
export function totalOf(bucket: Bucket): number {
  return bucket.ok + bucket.fail + bucket.info + bucket.shed + bucket.gaps;
}
