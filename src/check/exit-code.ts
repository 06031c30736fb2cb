import { EXIT, type ExitCode } from '../errors.ts';
import type { FaultReport, Report, Verdict } from './report-schema.ts';

const VERDICT_EXIT: Readonly<Record<Verdict, ExitCode>> = {
  pass: EXIT.pass,
  fail: EXIT.objectiveMissed,
  unknown: EXIT.unknown,
};

/** A fault that was not seen to be gone is 5. An aborted run is 3, whatever its figures say; one that did not go through is never 0; else the verdict decides. */
export function exitOf({
  run,
  verdict,
  faults,
}: Pick<Report, 'verdict'> & {
  run: Pick<Report['run'], 'outcome'>;
  faults: readonly Pick<FaultReport, 'requested' | 'gone'>[];
}): ExitCode {
  // Aborted and healed is something else: nobody saw that it is gone.
  if (faults.some(({ requested, gone }) => requested && !gone)) return EXIT.platform;
  if (run.outcome === 'aborted') return EXIT.aborted;
  return run.outcome === 'failed' && verdict === 'pass' ? EXIT.platform : VERDICT_EXIT[verdict];
}
