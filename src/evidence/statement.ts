import { ENVELOPES, MANIFEST } from './bundle-files.ts';
import type { Sealed, SealedExercise, SealedRun } from './sealed.ts';

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const TEST_RESULT = 'https://in-toto.io/attestation/test-result/v0.1';
/** Our own: a name, no address. */
const MEASURED_OBJECTIVES = 'urn:drill:measured-objectives:v0.1';
const EXERCISE = 'urn:drill:exercise:v0.1';
/** Beside the objectives: whether the whole of it passed. */
const VERDICT_TEST = 'verdict';

/**
 * The statements about a sealed run (two) or exercise (one), by the file of their envelope: what is signed, as UTF-8. Functions of the sealed files alone, so that a
 * verifier makes them again and compares the bytes.
 *
 * in-toto attestation v1, Statement: "Subject artifacts are matched purely by digest." The one subject is the manifest, which names every file with its digest.
 */
export function statementsOf(sealed: Sealed): ReadonlyMap<string, Buffer> {
  const subject = [{ name: MANIFEST, digest: { sha256: sealed.manifestSha256 } }];
  const statement = (predicateType: string, predicate: object): Buffer =>
    Buffer.from(JSON.stringify({ _type: STATEMENT_TYPE, subject, predicateType, predicate }));
  const [first, second] = ENVELOPES;
  if (sealed.kind === 'exercise') return new Map([[first, statement(EXERCISE, exercise(sealed))]]);
  return new Map([
    [first, statement(TEST_RESULT, testResult(sealed))],
    [second, statement(MEASURED_OBJECTIVES, measuredObjectives(sealed))],
  ]);
}

/** What was carried out, each run by the digest of its manifest: null where it was not sealed. */
function exercise({ record, digests }: SealedExercise): object {
  return {
    exercise: { id: record.id, name: record.exercise, harness: record.harness, fileSha256: record.fileSha256 },
    record: { name: 'exercise.json', digest: { sha256: digests.get('exercise.json') } },
    started: record.started,
    ended: record.ended,
    verdict: record.verdict,
    steps: record.steps.map(({ verdict, run }) => ({
      verdict,
      run: run ? { id: run.id, manifestSha256: run.manifestSha256 } : null,
    })),
    trustedTime: 'none',
  };
}

/**
 * Predicate of test-result v0.1: "lists that record the names of tests that passed with no errors or warnings, passed with warnings, and failed with errors
 * respectively". There `WARNED` is a way to pass; what is unknown has not passed in any way, so it is never PASSED nor WARNED: whatever is not shown to
 * pass is FAILED here, and which of it is unknown stands in the measured objectives. The tests are the objectives, by id, and `verdict`, of the run as a
 * whole: so `failedTests` is empty only where `result` is PASSED, for a policy that looks at one of them alone.
 */
function testResult({ report, digests }: SealedRun): object {
  const through = report.run.outcome === 'completed' && report.run.defects.length === 0;
  const healed = report.faults.every(({ requested, gone }) => !requested || Boolean(gone));
  const all = report.objectives.map(({ objective }) => objective.id);
  const passed = report.objectives
    .filter((result) => through && result.verdict === 'pass')
    .map(({ objective }) => objective.id);
  const whole = report.verdict === 'pass' && through && healed && all.length > 0 && passed.length === all.length;
  return {
    result: whole ? 'PASSED' : 'FAILED',
    configuration: ['scenario.yaml', 'plan.json', 'intent.json'].flatMap((name) => {
      const sha256 = digests.get(name);
      return sha256 === undefined ? [] : [{ name, digest: { sha256 } }];
    }),
    passedTests: whole ? [VERDICT_TEST, ...passed] : passed,
    warnedTests: [],
    failedTests: whole ? [] : [VERDICT_TEST, ...all.filter((id) => !passed.includes(id))],
  };
}

/** What was promised, measured and judged, for who looks at nothing else: times in microseconds, `upper` null where no bound is known. */
function measuredObjectives({ manifest, intent, report, digests }: SealedRun): object {
  return {
    run: {
      id: report.run.id,
      scenario: report.run.scenario,
      environment: report.run.environment,
      outcome: report.run.outcome,
      harness: report.harness,
    },
    criteriaSha256: intent.criteriaSha256 ?? null,
    planSha256: intent.planSha256 ?? null,
    report: { name: 'report.json', digest: { sha256: digests.get('report.json') } },
    journalHead: manifest.journalHead,
    verdict: report.verdict,
    objectives: report.objectives.map(({ objective, statement, unit, measured, verdict, reason }) => ({
      objective,
      statement,
      unit,
      measured: measured && { lower: measured.lower, upper: measured.upper },
      verdict,
      reason,
    })),
    trustedTime: 'none',
  };
}
