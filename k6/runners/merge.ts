import { InputError } from '../../src/errors.ts';
import { Budget, Distribution, HISTOGRAM_ERROR } from './distribution.ts';
import { readSamples, type Sample } from './samples.ts';

/** One service in one step, over all runners. */
export interface MergedRow {
  readonly service: string;
  /** Empty: outside the steps, in setup() and teardown(). */
  readonly phase: string;
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  /** Of what was acknowledged, by nearest rank, in ms; null where nothing was. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
}

export interface MergedFile {
  readonly file: string;
  /** The scripts' RUN_ID; null where no sample says it. */
  readonly run: string | null;
  /** The number that k6-operator gave to the runner. */
  readonly runner: string | null;
  readonly torn: boolean;
}

export interface Merged {
  readonly files: readonly MergedFile[];
  /** Percentiles are never below the true ones, and above them by at most this share and 1 µs: 0 when they are exact. */
  readonly error: number;
  readonly rows: readonly MergedRow[];
  /** For each scenario of k6's, those that were not begun. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly wrongAnswers: number;
}

const OUTCOMES = ['ok', 'fail', 'info'] as const;
const DURATION = /^(gremlin|cql)_req_duration$/;
const wanted = (metric: string): boolean =>
  DURATION.test(metric) || metric === 'dropped_iterations' || metric === 'wrong_answers';

/** 20 million values of 8 bytes. */
export const EXACT_VALUES = 20_000_000;

/**
 * What several runners measured, as if it had been one: from their samples, because percentiles of percentiles are none. In bounded memory: exact up to
 * `exactValues` acknowledged operations, then by histograms. An InputError names the file and line that is not k6's.
 */
export async function mergeRunners(files: readonly string[], exactValues = EXACT_VALUES): Promise<Merged> {
  const merging = new Merging(exactValues);
  const read: MergedFile[] = [];
  for (const file of files) {
    let runner: string | null = null;
    let run: string | null = null;
    const { torn } = await readSamples(file, wanted, (sample) => {
      runner ??= sample.tags.instance_id ?? null;
      run ??= sample.tags.run ?? null;
      merging.add(sample, file);
    });
    read.push({ file, run, runner, torn });
  }
  return merging.result(read);
}

interface Tally {
  readonly counts: Record<(typeof OUTCOMES)[number], number>;
  readonly took: Distribution;
}

class Merging {
  private readonly budget: Budget;
  private readonly tallies = new Map<string, Tally>();
  private readonly dropped = new Map<string, number>();
  private wrongAnswers = 0;

  constructor(exactValues: number) {
    this.budget = new Budget(exactValues);
  }

  add({ metric, value, tags }: Sample, file: string): void {
    const service = DURATION.exec(metric)?.[1];
    if (service !== undefined) this.operation(service, value, tags, file);
    else if (metric === 'wrong_answers') this.wrongAnswers += value;
    else this.dropped.set(tags.scenario ?? '', (this.dropped.get(tags.scenario ?? '') ?? 0) + value);
  }

  private operation(service: string, ms: number, tags: Sample['tags'], file: string): void {
    const outcome = OUTCOMES.find((one) => one === tags.outcome);
    if (outcome === undefined || ms < 0)
      throw new InputError(
        `${file}: ${service}: expected an outcome and a time of our extensions, got '${tags.outcome}' and ${ms} ms`,
      );
    const key = JSON.stringify([service, tags.phase ?? '']);
    let tally = this.tallies.get(key);
    if (!tally) {
      tally = { counts: { ok: 0, fail: 0, info: 0 }, took: new Distribution(this.budget) };
      this.tallies.set(key, tally);
    }
    tally.counts[outcome] += 1;
    if (outcome === 'ok') tally.took.add(ms);
  }

  result(files: Merged['files']): Merged {
    const rows = [...this.tallies].map(([key, { counts, took }]) => {
      const [service, phase] = JSON.parse(key) as [string, string];
      const [p50Ms = null, p95Ms = null, p99Ms = null] = took.quantiles([0.5, 0.95, 0.99]);
      return { service, phase, ...counts, p50Ms, p95Ms, p99Ms, maxMs: took.count === 0 ? null : took.max };
    });
    const error = this.budget.exact ? 0 : HISTOGRAM_ERROR;
    return { files, error, rows, dropped: Object.fromEntries(this.dropped), wrongAnswers: this.wrongAnswers };
  }
}
