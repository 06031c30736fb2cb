import { formatDuration } from '../duration.ts';
import type { Objective } from '../scenario/plan.ts';
import { meets } from './exact.ts';
import type { Findings } from './findings.ts';
import type { Instant, Interval, ObjectiveResult, Rpo, Verdict } from './report-schema.ts';
import { judgeThroughput, type LoadEvidence } from './throughput.ts';
import { judgeInterval, overlaps } from './verdict.ts';

const SAMPLES = 200;

/** What one objective is judged by, of a service. */
export interface Evidence {
  /** Null: there is no such timetable. */
  readonly withShed: Findings | null;
  /** Without shed operations and gaps; the same object where there are none. */
  readonly withoutShed: Findings | null;
  /** Of the service, or of all together. */
  readonly rpo: Rpo | null;
  readonly floor: number;
  /** Instants that decide RPO. */
  readonly rpoDecidedBy: readonly Instant[];
  readonly stalls: readonly { readonly from_us: number; readonly to_us: number }[];
  /** Why no objective of this service can be judged, such as a canary that was not found. */
  readonly void: string | null;
  /** Why nothing can be said of what a fault did, such as one that lapsed. */
  readonly unproven: string | null;
  /** Null: the run has none. */
  readonly load: LoadEvidence | null;
}

interface Judgement {
  readonly measured: Interval | null;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly decidedBy: readonly Instant[];
}

/** One objective as people say it: `RTO of ledger < 30 min`. */
function statementOf(objective: Objective): string {
  const of = objective.service === null ? '' : ` of ${objective.service}`;
  if (objective.metric === 'availability') {
    const percent = Number((objective.target * 100).toFixed(6));
    return `availability${of} ≥ ${percent} % over ${formatDuration(objective.over_us)}`;
  }
  if (objective.metric === 'throughput') {
    return `throughput of the load ${objective.phase} ${objective.op} ${objective.target}/s`;
  }
  const target = `${objective.op} ${formatDuration(objective.target_us)}`;
  if (objective.metric === 'latency') {
    return `P${Number((objective.quantile * 100).toFixed(6))}${of} ${objective.phase} ${target}`;
  }
  if (objective.metric === 'rpo' && isNoLoss(objective)) return `no loss${of}`;
  return `${objective.metric.toUpperCase()}${of} ${target}`;
}

/**
 * Judges one objective with and without what the harness could not send. `withoutShed` is the verdict without; where the two differ the result is
 * `unknown`.
 */
export function judgeObjective(
  objective: Objective,
  evidence: Evidence,
): { readonly result: ObjectiveResult; readonly withoutShed: Verdict } {
  if (objective.metric === 'throughput') return judgeLoad(objective, evidence);
  const judged = judge(objective, evidence.withShed, evidence);
  const other = evidence.withoutShed === evidence.withShed ? judged : judge(objective, evidence.withoutShed, evidence);
  const outcome =
    judged.verdict === other.verdict
      ? judged
      : {
          ...judged,
          verdict: 'unknown' as const,
          reason: `it is ${judged.verdict} with the operations that the harness could not send, and ${other.verdict} without them`,
        };
  return {
    result: {
      objective,
      statement: statementOf(objective),
      unit: objective.metric === 'availability' ? 'ratio' : 'us',
      measured: outcome.measured,
      verdict: outcome.verdict,
      reason: outcome.reason,
    },
    withoutShed: other.verdict,
  };
}

function judgeLoad(
  objective: Objective & { metric: 'throughput' },
  { load, void: why, unproven }: Evidence,
): { readonly result: ObjectiveResult; readonly withoutShed: Verdict } {
  const { measured, verdict, reason, withoutShed } = judgeThroughput(objective, load);
  const worthless = why ?? (objective.phase === 'before' ? null : unproven);
  const result = { objective, statement: statementOf(objective), unit: 'per_s' as const, measured };
  if (worthless !== null)
    return { result: { ...result, verdict: 'unknown', reason: worthless }, withoutShed: 'unknown' };
  return { result: { ...result, verdict, reason }, withoutShed };
}

/** What is judged of one service, or of the ledgers of all. */
type Judged = Exclude<Objective, { metric: 'throughput' }>;

/** The figure's own verdict, unless something makes it worthless, whatever the figure is. */
function judge(objective: Judged, findings: Findings | null, evidence: Evidence): Judgement {
  const judged = measure(objective, findings, evidence);
  const unknown = (reason: string): Judgement => ({ ...judged, verdict: 'unknown', reason });
  if (evidence.void !== null) return unknown(evidence.void);
  const dependsOnFault = objective.metric !== 'latency' || objective.phase !== 'before';
  if (dependsOnFault && evidence.unproven !== null) return unknown(evidence.unproven);
  const stalled = judged.decidedBy.some((instant) => evidence.stalls.some((stall) => overlaps(stall, instant)));
  if (stalled) return unknown('the harness itself stalled at an instant that decides it');
  // A miss stays a miss, whatever came before it: that makes the platform look worse.
  if (judged.verdict === 'pass' && objective.metric !== 'rpo' && findings && findings.steadyState.verdict !== 'pass') {
    return unknown(`no steady state: ${findings.steadyState.note}`);
  }
  return judged;
}

function measure(objective: Judged, findings: Findings | null, evidence: Evidence): Judgement {
  if (objective.metric === 'rpo') return judgeRpo(objective, evidence);
  if (!findings) return nothing('no operation of this service was observed');
  if (objective.metric === 'rto') return judgeRto(objective, findings);
  if (objective.metric === 'latency') return judgeLatency(objective, findings, evidence);
  return judgeAvailability(objective, findings);
}

function judgeRto(objective: Objective & { metric: 'rto' }, findings: Findings): Judgement {
  const { rto: found } = findings;
  const { rto, decidedBy } = found;
  const { op, target_us: target } = objective;
  if (!rto.bounds) return { ...nothing(rto.note), decidedBy };
  const verdict = judgeInterval(rto.bounds, op, target);
  if (verdict === 'pass') return { measured: rto.bounds, verdict, reason: rto.note, decidedBy };
  const windows = found.outage === null ? windowsOf(findings) : [];
  return { measured: rto.bounds, verdict, reason: because(verdict, rto.note), decidedBy: [...decidedBy, ...windows] };
}

function judgeRpo(objective: Objective & { metric: 'rpo' }, { rpo, rpoDecidedBy }: Evidence): Judgement {
  if (!rpo) return nothing('nothing was read back');
  if (rpo.ledger === 0) return nothing('no write was acknowledged before the fault');
  const decidedBy = rpoDecidedBy;
  if (isNoLoss(objective)) {
    if (!rpo.lostInAll) return { ...nothing('the last stage of the read-back was not done'), decidedBy };
    const verdict = judgeInterval(rpo.lostInAll, '<=', 0);
    const { lower, upper } = rpo.lostInAll;
    const reason = `${lower === upper ? lower : `${lower} to ${upper}`} acknowledged writes are lost in all`;
    return { measured: rpo.lostInAll_us, verdict, reason: verdict === 'pass' ? '' : reason, decidedBy };
  }
  if (!rpo.rpo_us) return { ...nothing('the read-back at failover was not done'), decidedBy };
  const verdict = judgeInterval(rpo.rpo_us, objective.op, objective.target_us);
  return { measured: rpo.rpo_us, verdict, reason: verdict === 'pass' ? '' : because(verdict, ''), decidedBy };
}

function judgeLatency(
  objective: Objective & { metric: 'latency' },
  findings: Findings,
  { floor, stalls }: Evidence,
): Judgement {
  const { operations, ok, response, calm } = findings.latencies[objective.phase];
  const value = response.quantile(objective.quantile);
  if (value === null) return nothing(`no operation was ok in the phase ${objective.phase}`);
  const measured = { lower: value, upper: value };
  const unknown = (reason: string): Judgement => ({ measured, verdict: 'unknown', reason, decidedBy: [] });
  if (ok < SAMPLES) return unknown(`${ok} operations were ok, fewer than ${SAMPLES}`);
  if (ok < floor * operations - 1e-6) {
    return unknown(
      `${((100 * ok) / operations).toFixed(2)} % of the operations were ok, less than the floor of ${100 * floor} %`,
    );
  }
  const verdict = judgeInterval(measured, objective.op, objective.target_us);
  // The value is decided by every operation: a stall decides it where it would be judged otherwise without those that it touched.
  if (stalls.length > 0 && calm.n === 0) return unknown('stalls of the harness touch every operation');
  if (stalls.length > 0 && calm.n < response.n) {
    const without = calm.quantile(objective.quantile) as number;
    if (meets(without, objective.op, objective.target_us) !== (verdict === 'pass')) {
      return unknown('a stall of the harness decides it');
    }
  }
  return { measured, verdict, reason: verdict === 'pass' ? '' : because(verdict, ''), decidedBy: [] };
}

function judgeAvailability(objective: Objective & { metric: 'availability' }, findings: Findings): Judgement {
  if (findings.observed.length === 0) return nothing('no operation of this service was observed');
  const outages = findings.outages.flatMap(({ downUs, up }) => [at(downUs), ...(up ? [at(up.us)] : [])]);
  const budgetUs = (1 - objective.target) * objective.over_us;
  const share = (us: number): number => (us === 0 ? 0 : us / budgetUs);
  const { lower, upper } = findings.downtime;
  if (!Number.isFinite(share(lower))) {
    const reason = `${formatDuration(lower)} of downtime, and the objective allows none`;
    return { measured: null, verdict: 'fail', reason, decidedBy: [...outages, ...windowsOf(findings)] };
  }
  const measured = { lower: share(lower), upper: upper === null ? null : share(upper) };
  const verdict = judgeInterval(measured, '<=', 1);
  const decidedBy = verdict === 'pass' ? outages : [...outages, ...windowsOf(findings)];
  const reason =
    verdict === 'pass'
      ? ''
      : `${formatDuration(lower)} of downtime; the budget is ${formatDuration(Math.round(budgetUs))}`;
  return { measured, verdict, reason, decidedBy };
}

/** The violating windows that a miss is made of: without the harness's own stall in one of them it might be none. */
function windowsOf({ violatingWindows }: Findings): Instant[] {
  return violatingWindows.map(({ from_us, to_us }) => ({ notBefore_us: from_us, notAfter_us: to_us }));
}

/** `<= 0`, the objective that is judged on what is lost in all. */
export function isNoLoss(objective: Objective & { metric: 'rpo' }): boolean {
  return objective.op === '<=' && objective.target_us === 0;
}

function because(verdict: Verdict, note: string): string {
  const what =
    verdict === 'fail'
      ? 'the objective was missed'
      : 'the bounds of what was measured lie on both sides of the objective';
  return note === '' ? what : `${what}: ${note}`;
}

function nothing(reason: string): Judgement {
  return { measured: null, verdict: 'unknown', reason, decidedBy: [] };
}

function at(us: number): Instant {
  return { notBefore_us: us, notAfter_us: us };
}
