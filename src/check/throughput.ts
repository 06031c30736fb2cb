import type { Objective, ServicePhase } from '../scenario/plan.ts';
import { limitWords, throughputOf } from './load.ts';
import type { Load } from './load-schema.ts';
import type { Verdict } from './report-schema.ts';
import type { JudgedView } from './views.ts';

type Throughput = Objective & { metric: 'throughput' };

/** Fewer operations say nothing of a rate. */
const OPERATIONS = 200;

export interface LoadEvidence {
  readonly load: Load;
  /** Of the load's services. */
  readonly views: readonly JudgedView[];
  /** The generator, not a client of the harness, was late. */
  readonly stalled: boolean;
}

interface Judgement {
  readonly measured: { readonly lower: number; readonly upper: number } | null;
  readonly verdict: Verdict;
  readonly reason: string;
  /** Without what the generator could not send. */
  readonly withoutShed: Verdict;
}

/** What the load's generator did that makes every figure of the load worthless; null: nothing. */
export function voidedBy({ dropped }: Load): string | null {
  if (dropped === null) return 'what the generator could not start in time is not recorded';
  return dropped === 0
    ? null
    : `the generator could not start ${dropped} operations in time, and was late with all after them`;
}

/**
 * Judges what all the load together was acknowledged in a phase. It passes only where the generator did all that it was to do: offered enough,
 * sent every operation, and was never late; a miss is a miss of the platform and the machine together, and says who was busy.
 */
export function judgeThroughput(objective: Throughput, evidence: LoadEvidence | null): Judgement {
  const nothing = (reason: string): Judgement => ({
    measured: null,
    verdict: 'unknown',
    reason,
    withoutShed: 'unknown',
  });
  if (!evidence) return nothing('the run has no load');
  const { load, views, stalled } = evidence;
  const { phase } = objective;
  const reached = views.length < load.services.length ? null : throughputOf(views, phase, 'withShed');
  const other = throughputOf(views, phase, 'withoutShed');
  if (reached === null || other === null) return nothing(`no operation of the load was due in the phase ${phase}`);
  const at = load.phases.find((one) => one.phase === phase);
  const measured = { lower: reached, upper: reached };
  const judged = (verdict: Verdict, reason: string): Judgement => {
    return { measured, verdict, reason, withoutShed: verdict === 'unknown' ? 'unknown' : of(objective, other) };
  };
  if ((at?.operations ?? 0) < OPERATIONS) return judged('unknown', `fewer than ${OPERATIONS} operations were due`);
  const voided = voidedBy(load);
  if (voided !== null) return judged('unknown', voided);
  if (of(objective, load.offered) !== 'pass') {
    return judged('unknown', `${load.offered}/s were offered, which cannot show it; ${limitWords(at?.usage ?? null)}`);
  }
  const verdict = of(objective, reached);
  if (verdict !== of(objective, other)) {
    return judged(
      'unknown',
      `it is ${verdict} with the operations that the generator could not send, and not without them`,
    );
  }
  if (verdict === 'fail')
    return judged('fail', ['the objective was missed', limitWords(at?.usage ?? null)].filter(Boolean).join(': '));
  if (at && at.notSent > 0) return judged('unknown', `the generator could not send ${at.notSent} operations`);
  if (stalled && lateIn(views, phase))
    return judged('unknown', 'the generator was late: it was not the rate that it should be');
  return judged('pass', '');
}

function of({ op, target }: Throughput, rate: number): Verdict {
  return (op === '>' ? rate > target : rate >= target) ? 'pass' : 'fail';
}

/** Whether a stall touches an operation of the phase. */
function lateIn(views: readonly JudgedView[], phase: ServicePhase): boolean {
  return views.some(({ withShed: { latencies } }) => latencies[phase].calm.n < latencies[phase].response.n);
}
