import { droppedOf, LIMITS, type PlannedStep, RUNNERS } from './plan.ts';
import type { Service } from './service.ts';

/** What k6 gives to handleSummary(), as far as it is used. */
export interface SummaryData {
  readonly metrics: Readonly<
    Record<
      string,
      {
        readonly values: Readonly<Record<string, number>>;
        readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
      }
    >
  >;
  readonly state: { readonly testRunDurationMs: number };
}

/** One step as one service had it. `null`: there was nothing to measure. */
interface Measured {
  readonly phase: string;
  readonly service: string;
  readonly judged: boolean;
  /** Operations a second. */
  readonly scheduledRate: number;
  readonly okRate: number;
  readonly failedShare: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
}

export interface Summary {
  readonly script: string;
  readonly run: string;
  readonly held: boolean;
  readonly missed: readonly string[];
  readonly steps: readonly Measured[];
  /** For each step, those that k6 had no free virtual user for. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly wrongAnswers: number;
  /** The highest rate of all steps up to the first that missed a limit; null: the first one did. */
  readonly knee: { readonly rate: number | null; readonly broke: number | null };
}

export function summarise(
  script: string,
  services: readonly Service[],
  steps: readonly PlannedStep[],
  data: SummaryData,
): Summary {
  const { metrics } = data;
  const missed = Object.entries(metrics).flatMap(([metric, { thresholds = {} }]) =>
    Object.entries(thresholds).flatMap(([limit, { ok }]) => (ok ? [] : [`${metric}: ${limit}`])),
  );
  const dropped = Object.fromEntries(steps.map((step) => [step.phase, metrics[droppedOf(step)]?.values.count ?? 0]));
  const wrongAnswers = metrics.wrong_answers?.values.count ?? 0;
  const measured = steps.flatMap((step) => services.map(({ metric }) => measure(metric, step, services.length, data)));
  const knee = kneeOf(steps, measured, dropped);
  const run = __ENV.RUN_ID || 'k6';
  return { script, run, held: missed.length === 0, missed, steps: measured, dropped, wrongAnswers, knee };
}

function measure(service: string, step: PlannedStep, services: number, { metrics }: SummaryData): Measured {
  const { phase, judged, rate, seconds } = step;
  const took = metrics[`${service}_req_duration{phase:${phase},outcome:ok}`]?.values ?? {};
  const ok = metrics[`${service}_reqs{phase:${phase},outcome:ok}`]?.values.count ?? 0;
  const failed = metrics[`${service}_req_failed{phase:${phase}}`]?.values ?? {};
  const some = (value: number | undefined): number | null => (ok > 0 && value !== undefined ? value : null);
  const any = (failed.passes ?? 0) + (failed.fails ?? 0) > 0;
  return {
    ...{ phase, service, judged, scheduledRate: rate / services / RUNNERS, okRate: ok / seconds },
    ...{ failedShare: any ? (failed.rate ?? null) : null, p50Ms: some(took.med), p95Ms: some(took['p(95)']) },
    ...{ p99Ms: some(took['p(99)']), maxMs: some(took.max) },
  };
}

/** Whether a step held every limit, also where it is not judged. */
function holds(step: PlannedStep, measured: readonly Measured[], dropped: number): boolean {
  return (
    dropped <= (step.operations / RUNNERS) * LIMITS.droppedShare &&
    measured.every(
      ({ p95Ms, failedShare, okRate, scheduledRate }) =>
        p95Ms !== null &&
        p95Ms < LIMITS.p95Ms &&
        failedShare !== null &&
        failedShare < LIMITS.failedRate &&
        okRate >= scheduledRate * LIMITS.floor,
    )
  );
}

function kneeOf(
  steps: readonly PlannedStep[],
  measured: readonly Measured[],
  dropped: Readonly<Record<string, number>>,
): Summary['knee'] {
  let rate: number | null = null;
  for (const step of steps) {
    const mine = measured.filter(({ phase }) => phase === step.phase);
    if (!holds(step, mine, dropped[step.phase] ?? 0)) return { rate, broke: step.rate };
    rate = Math.max(rate ?? 0, step.rate);
  }
  return { rate, broke: null };
}

/** For people. */
export function render(summary: Summary): string {
  const ms = (value: number | null): string => (value === null ? '–' : `${value.toFixed(1)} ms`);
  const rows = summary.steps.map(
    (one) =>
      `${one.phase.padEnd(12)} ${one.service.padEnd(8)} ${one.okRate.toFixed(1)} ok/s of ${one.scheduledRate}/s, ` +
      `failed ${one.failedShare === null ? '–' : `${(100 * one.failedShare).toFixed(2)} %`}, ` +
      `P50 ${ms(one.p50Ms)}, P95 ${ms(one.p95Ms)}, P99 ${ms(one.p99Ms)}, max ${ms(one.maxMs)}`,
  );
  const dropped = Object.values(summary.dropped).reduce((sum, count) => sum + count, 0);
  const verdict = summary.held ? 'every limit held' : summary.missed.map((one) => `missed: ${one}`).join('\n');
  return [...rows, `dropped ${dropped}, wrong answers ${summary.wrongAnswers}`, verdict, ''].join('\n');
}

/** The files and texts for handleSummary(): a table for people, and JSON in RESULT. */
export function output(
  script: string,
  services: readonly Service[],
  steps: readonly PlannedStep[],
  data: SummaryData,
): Record<string, string> {
  const summary = summarise(script, services, steps, data);
  const knee =
    script === 'stress' ? `knee: held ${summary.knee.rate ?? 'none'}, broke ${summary.knee.broke ?? 'none'}\n` : '';
  const file = __ENV.RESULT || `${script}.json`;
  return { stdout: `\n${render(summary)}${knee}`, [file]: `${JSON.stringify({ ...summary, k6: data }, null, 2)}\n` };
}
