import type { Report, Verdict } from '../check/report-schema.ts';
import {
  laterSentence,
  lostSentence,
  measuredWords,
  overallRpo,
  promiseWords,
  rpoTimeWords,
  undoneWords,
  verdictSentence,
} from './wording.ts';

/** What is said of a run, before it is OSCAL's. Texts as the report has them. */
export interface Observed {
  readonly title: string;
  readonly description: string;
  /** Null: it was observed, and not judged. */
  readonly verdict: Verdict | null;
  /** It failed: a finding as well. */
  readonly fails: boolean;
}

/** An observation for each objective, in the order of the report. */
export function objectiveObservations({ objectives }: Report): Observed[] {
  return objectives.map((result) => {
    const { worst, bounds } = measuredWords(result);
    const measured = ['measured: ', worst, bounds === '' ? '' : `, ${bounds}`].join('');
    const reason = result.reason === '' ? '' : `; ${result.reason}`;
    const { statement: title, verdict } = result;
    return { title, description: `${measured}${reason}`, verdict, fails: verdict === 'fail' };
  });
}

/** What is to be said of the run beside its objectives: whatever made the verdict, what was lost, and what nobody knows. */
export function runObservations(report: Report): Observed[] {
  const reasons = report.reasons.filter((reason) => !isOfObjective(report, reason));
  const others = [
    ...reasons.map(({ subject, text, verdict }) => judged(subject, text, verdict)),
    ...instrumentAndLoss(report),
    ...besideTheVerdict(report),
  ];
  const named = report.objectives.some(({ verdict }) => verdict === 'fail') || others.some(({ fails }) => fails);
  // Whatever the record says: a run that failed has a finding.
  const verdict = { ...judged('verdict of the run', verdictSentence(report), report.verdict) };
  return [{ ...verdict, fails: report.verdict === 'fail' && !named }, ...others];
}

function instrumentAndLoss(report: Report): Observed[] {
  const rpo = overallRpo(report);
  const lost = `${lostSentence(rpo?.lost ?? null, rpo?.ledger ?? 0)}; RPO at failover: ${rpoTimeWords(rpo?.ledger ? rpo.rpo_us : null)}`;
  const proofs = report.canary.proofs.map(
    ({ probe, note }) => `${probe}: ${note === '' ? 'found what was done to it' : note}`,
  );
  const instrument = proofs.join('; ') || 'the instrument gave no proof of itself';
  return [
    { title: 'acknowledged writes', description: lost, verdict: null, fails: false },
    { ...judged('instrument', instrument, report.canary.verdict), fails: false },
  ];
}

/** No part of the verdict, and not to be missed beside a pass. */
function besideTheVerdict({ promises = [], integrity, lastWriteWins = [], later, notMeasured }: Report): Observed[] {
  const observed = (title: string, description: string): Observed[] => [
    { title, description, verdict: null, fails: false },
  ];
  const missing = notMeasured.map(({ what, why }) => `${what}: ${why}`);
  return [
    ...promises.flatMap((one) =>
      observed(`promise: ${one.promise}`, `${one.kept}; measured: ${promiseWords(one)}; ${one.note}`),
    ),
    ...(integrity ? observed('integrity of the graph', integrity.state) : []),
    ...(later ? observed('acknowledged since the disaster', laterSentence(later)) : []),
    ...lastWriteWins.flatMap((one) => observed(`overwrites, ${one.probe}`, undoneWords(one))),
    ...(missing.length > 0 ? observed('not measured', missing.join('; ')) : []),
  ];
}

function judged(title: string, description: string, verdict: Verdict): Observed {
  return { title, description, verdict, fails: verdict === 'fail' };
}

function isOfObjective({ objectives }: Report, { subject, text }: Report['reasons'][number]): boolean {
  return objectives.some(({ statement, reason }) => statement === subject && reason === text);
}
