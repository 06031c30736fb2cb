import { nearestRank } from './exact.ts';
import type { LatencyQuantiles } from './latency-schema.ts';

/** Values below this are counted one by one, the rest in buckets that are looked into only where a rank falls into one. */
const FINE_US = 1 << 21;
const PAGE = 1 << 10;
const COARSE_US = 1 << 10;

/**
 * Exact quantiles of any number of values in bounded memory: whole microseconds, counted. A rank that falls into a bucket of values above two
 * seconds asks for one more pass over the values (`refine`).
 */
export class ValueCounts {
  private readonly pages: (Uint32Array | undefined)[] = [];
  private readonly coarse = new Map<number, number>();
  private readonly refined = new Map<number, Map<number, number>>();
  private largest = 0;
  n = 0;

  add(value: number): void {
    this.n++;
    if (value > this.largest) this.largest = value;
    if (value < FINE_US) {
      const at = Math.max(value, 0);
      let page = this.pages[at >>> 10];
      if (!page) {
        page = new Uint32Array(PAGE);
        this.pages[at >>> 10] = page;
      }
      page[at & (PAGE - 1)] = (page[at & (PAGE - 1)] as number) + 1;
    } else {
      const bucket = Math.floor(value / COARSE_US);
      this.coarse.set(bucket, (this.coarse.get(bucket) ?? 0) + 1);
    }
  }

  get max(): number | null {
    return this.n === 0 ? null : this.largest;
  }

  /** Asks for the second pass: true when `refine` must be given every value again before these quantiles can be read. */
  prepare(quantiles: readonly number[]): boolean {
    for (const quantile of quantiles) {
      if (this.n === 0) break;
      const found = this.locate(nearestRank(quantile, this.n));
      if ('bucket' in found && !this.refined.has(found.bucket)) this.refined.set(found.bucket, new Map());
    }
    return this.refined.size > 0;
  }

  refine(value: number): void {
    if (value < FINE_US) return;
    const counts = this.refined.get(Math.floor(value / COARSE_US));
    counts?.set(value, (counts.get(value) ?? 0) + 1);
  }

  /** The exact value at the nearest rank ⌈q·n⌉; null of nothing. */
  quantile(quantile: number): number | null {
    if (this.n === 0) return null;
    const rank = nearestRank(quantile, this.n);
    if (rank === this.n) return this.largest;
    const found = this.locate(rank);
    if ('value' in found) return found.value;
    let left = found.rank;
    for (const [value, count] of [...(this.refined.get(found.bucket) ?? [])].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return value;
    }
    throw new Error(`quantile ${quantile}: its bucket was not refined`);
  }

  quantiles(): LatencyQuantiles {
    return {
      n: this.n,
      p50: this.quantile(0.5),
      p90: this.quantile(0.9),
      p95: this.quantile(0.95),
      p99: this.quantile(0.99),
      p999: this.quantile(0.999),
      max: this.max,
    };
  }

  /** The value of this rank, or the bucket that holds it and its rank in there. */
  private locate(rank: number): { value: number } | { bucket: number; rank: number } {
    let left = rank;
    for (const [index, page] of this.pages.entries()) {
      if (!page) continue;
      for (let at = 0; at < PAGE; at++) {
        left -= page[at] as number;
        if (left <= 0) return { value: index * PAGE + at };
      }
    }
    for (const [bucket, count] of [...this.coarse].sort(([a], [b]) => a - b)) {
      if (left <= count) return { bucket, rank: left };
      left -= count;
    }
    throw new Error(`rank ${rank} of ${this.n} values`);
  }
}

/** The quantiles that every report shows. */
export const REPORTED_QUANTILES = [0.5, 0.9, 0.95, 0.99, 0.999] as const;
