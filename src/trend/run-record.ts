import type { Interval, Report, Verdict, View } from '../check/report-schema.ts';
import type { Objective } from '../scenario/plan.ts';
import { type MadeWith, type Setting, settingOf } from './setting.ts';

/** Fewer samples make no percentile. */
const SAMPLES = 200;

/** One figure of one run. */
export interface Figure {
  /** `RTO of ledger`: what makes figures of several runs one series. */
  readonly name: string;
  readonly metric: 'rto' | 'rpo' | 'p95';
  /** Null: of all services together. */
  readonly service: string | null;
  /** Microseconds, with bounds; null: unknown. `upper` null: no bound is known. */
  readonly measured_us: Interval | null;
  /** The objective that judges it; null: none does. */
  readonly target: { readonly op: '<' | '<='; readonly target_us: number; readonly verdict: Verdict } | null;
}

/** What a history needs of one run. */
export interface RunRecord {
  /** Below the directory of the reports, with `/`. */
  readonly path: string;
  readonly id: string;
  readonly scenario: string;
  readonly title: string;
  /** ISO 8601; what the report says, whatever that is. */
  readonly started: string;
  readonly verdict: Verdict;
  readonly outcome: Report['run']['outcome'];
  readonly reason: string;
  /** `sealed` says that its manifest lists this report, not that the directory was verified. */
  readonly seal: 'sealed' | 'not sealed' | 'changed after it was sealed';
  /** Why its figures are compared with those of no other run; empty: they may be. */
  readonly notCompared: string;
  readonly setting: Setting | null;
  readonly lost: { readonly lost: Interval | null; readonly ledger: number } | null;
  readonly figures: readonly Figure[];
  readonly objectives: readonly { readonly id: string; readonly target_us: number | null; readonly verdict: Verdict }[];
}

/** The record of a run from its report and, where it can be read, its plan. */
export function recordOf(
  report: Report,
  plan: MadeWith | null,
  { path, seal }: Pick<RunRecord, 'path' | 'seal'>,
): RunRecord {
  const { run } = report;
  const overall = report.rpo.find(({ service }) => service === null) ?? null;
  return {
    path,
    id: run.id,
    scenario: run.scenario,
    title: run.title,
    started: run.started,
    verdict: report.verdict,
    outcome: run.outcome,
    reason: run.reason,
    seal,
    notCompared: whyNotCompared(report, seal),
    setting: plan && settingOf(plan, report.harness),
    lost: overall && { lost: overall.lost, ledger: overall.ledger },
    figures: figuresOf(report),
    objectives: report.objectives.map(({ objective, verdict }) => ({
      id: objective.id,
      target_us: 'target_us' in objective ? objective.target_us : null,
      verdict,
    })),
  };
}

function whyNotCompared({ run, canary }: Report, seal: RunRecord['seal']): string {
  if (run.outcome !== 'completed') return run.outcome === 'aborted' ? 'it was aborted' : 'it did not go through';
  if (seal === 'changed after it was sealed') return 'its report was changed after it was sealed';
  if (run.defects.length > 0) return 'its record has defects';
  return canary.verdict === 'pass' ? '' : 'its instrument did not prove itself';
}

function figuresOf(report: Report): Figure[] {
  const services = report.views.filter(({ service }) => service !== '');
  const judged = (fits: (objective: Objective) => boolean): Figure['target'] => {
    const result = report.objectives.find(({ objective }) => fits(objective));
    if (result === undefined || !('target_us' in result.objective)) return null;
    const { op, target_us } = result.objective;
    return { op, target_us, verdict: result.verdict };
  };
  const overall = report.rpo.find(({ service }) => service === null);
  return [
    ...services.map(
      (view): Figure => ({
        name: `RTO of ${view.service}`,
        metric: 'rto',
        service: view.service,
        measured_us: rtoOf(view),
        target: judged((one) => one.metric === 'rto' && one.service === view.service),
      }),
    ),
    {
      name: 'RPO at failover',
      metric: 'rpo',
      service: null,
      // Nothing was there that could have been lost.
      measured_us: overall === undefined || overall.ledger === 0 ? null : overall.rpo_us,
      // "No loss" is judged on what is lost in the end, which is another figure.
      target: judged((one) => one.metric === 'rpo' && one.service === null && one.target_us > 0),
    },
    ...services.map(
      (view): Figure => ({
        name: `P95 of ${view.service}, after`,
        metric: 'p95',
        service: view.service,
        measured_us: p95Of(view),
        target: judged(
          (one) =>
            one.metric === 'latency' && one.service === view.service && one.quantile === 0.95 && one.phase === 'after',
        ),
      }),
    ),
  ];
}

function rtoOf({ rto }: View): Interval | null {
  if (rto.state === 'unknown') return null;
  if (rto.bounds !== null) return rto.state === 'open' ? { lower: rto.bounds.lower, upper: null } : rto.bounds;
  if (rto.state === 'none') return { lower: 0, upper: 0 };
  return null;
}

function p95Of({ latency }: View): Interval | null {
  const { n, p95 } = latency.after.response;
  return p95 === null || n < SAMPLES ? null : { lower: p95, upper: p95 };
}

/** The figure's interval where it may be compared with those of other runs; null where not. */
export function comparable(run: RunRecord, figure: Figure): Interval | null {
  if (run.notCompared !== '' || figure.target?.verdict === 'unknown') return null;
  return figure.measured_us;
}
