import { build, type Histogram } from 'hdr-histogram-js';

/** Of a histogram's answers: never below the true value, and above it by this share and 1 µs at most. */
export const HISTOGRAM_ERROR = 0.001;

/** How many values may be kept as they are, in all distributions that share it; beyond that all of them become histograms. */
export class Budget {
  private left: number;
  private readonly sharing: Distribution[] = [];

  constructor(values: number) {
    this.left = values;
  }

  /** Whether every value was kept as it is. */
  get exact(): boolean {
    return this.left >= 0;
  }

  join(distribution: Distribution): void {
    this.sharing.push(distribution);
  }

  take(): void {
    if (this.left < 0) return;
    this.left -= 1;
    if (this.left < 0) for (const one of this.sharing) one.spill();
  }
}

const CHUNK = 1 << 14;

/** Times in ms: exact while the budget lasts, then a histogram of µs with three digits. */
export class Distribution {
  private readonly budget: Budget;
  private chunks: Float64Array[] = [];
  private used = CHUNK;
  private histogram: Histogram | null = null;
  private n = 0;
  private most = 0;

  constructor(budget: Budget) {
    this.budget = budget;
    budget.join(this);
    if (!budget.exact) this.spill();
  }

  get count(): number {
    return this.n;
  }

  /** Exact in both forms; 0 where there is none. */
  get max(): number {
    return this.most;
  }

  add(ms: number): void {
    this.n += 1;
    this.most = Math.max(this.most, ms);
    this.budget.take();
    if (this.histogram) {
      record(this.histogram, ms);
      return;
    }
    if (this.used === CHUNK) {
      this.chunks.push(new Float64Array(CHUNK));
      this.used = 0;
    }
    (this.chunks.at(-1) as Float64Array)[this.used] = ms;
    this.used += 1;
  }

  /** From now on a histogram. */
  spill(): void {
    if (this.histogram) return;
    const histogram = build({
      lowestDiscernibleValue: 1,
      highestTrackableValue: 2,
      autoResize: true,
      bitBucketSize: 64,
    });
    this.histogram = histogram;
    for (const ms of this.values()) record(histogram, ms);
    this.chunks = [];
  }

  /** For each of `qs`, each above 0 and at most 1, the value of rank ⌈q·n⌉; null where there is none. */
  quantiles(qs: readonly number[]): readonly (number | null)[] {
    if (this.n === 0) return qs.map(() => null);
    const ranks = qs.map((q) => rankOf(q, this.n));
    const { histogram } = this;
    // A quarter below the rank is that rank for a histogram that rounds to the nearest one.
    if (histogram)
      return ranks.map((rank) =>
        Math.min(this.most, histogram.getValueAtPercentile((100 * (rank - 0.25)) / this.n) / 1000),
      );
    const sorted = new Float64Array(this.n);
    let at = 0;
    for (const ms of this.values()) {
      sorted[at] = ms;
      at += 1;
    }
    sorted.sort();
    return ranks.map((rank) => sorted[rank - 1] as number);
  }

  private *values(): Iterable<number> {
    for (const [index, chunk] of this.chunks.entries())
      yield* index === this.chunks.length - 1 ? chunk.subarray(0, this.used) : chunk;
  }
}

/** ⌈q·n⌉ of a q with at most four digits, without what floating point adds to q·n. */
function rankOf(q: number, n: number): number {
  return Math.max(1, Math.ceil((Math.round(q * 10_000) * n) / 10_000));
}

/** Rounded up: a percentile must not look better than it was. */
function record(histogram: Histogram, ms: number): void {
  histogram.recordValue(Math.max(1, Math.ceil(ms * 1000)));
}
