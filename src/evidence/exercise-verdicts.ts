import { isDeepStrictEqual } from 'node:util';
import { EvidenceError } from '../errors.ts';
import type { SealedRecord, SealedReport } from './sealed-schemas.ts';

type Step = SealedRecord['steps'][number];
type Verdict = Step['verdict'];

/*
 * What an exercise may say of its steps, by the rule by which it was recorded (src/drills/record.ts, carry-out.ts), written again: a verifier that asked the code
 * under doubt would ask nobody.
 */

/** `fail` beats `unknown` beats `pass`; of nothing: `unknown`. */
function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail';
  return verdicts.includes('unknown') || verdicts.length === 0 ? 'unknown' : 'pass';
}

function wrong(what: string): never {
  throw new EvidenceError(`exercise.json: ${what}`);
}

/** An EvidenceError for a record whose verdicts do not follow from each other. */
export function refuseContradictions({ verdict, steps }: SealedRecord): void {
  const runs = new Set<string>();
  for (const [index, step] of steps.entries()) {
    const here = `step ${index + 1} says ${step.verdict}`;
    const { kind, run, entered, entry } = step;
    if (kind === 'person') {
      if (run) wrong(`${here} of a person, and has a run`);
      const done = typeof entered === 'string' && (entry ?? '').trim() !== '';
      if (step.verdict === 'pass' && !done) wrong(`${here}, and nobody entered anything`);
    } else if (!run) {
      if (step.verdict !== 'unknown') wrong(`${here}, and has no run`);
    } else {
      const through = run.outcome === 'completed' ? 'pass' : 'unknown';
      // What a run left unproved makes the step unknown: that shows by the report alone.
      if (![worst([run.verdict, through]), worst([run.verdict, 'unknown'])].includes(step.verdict))
        wrong(`${here} of a run that was ${run.outcome}, ${run.verdict}`);
      // A copy elsewhere is the same run.
      const names = [`at ${run.path}`, `run ${run.id}`];
      if (names.some((name) => runs.has(name))) wrong(`step ${index + 1} has the run of another step`);
      for (const name of names) runs.add(name);
    }
  }
  const whole = worst(steps.map((step) => step.verdict));
  if (verdict !== whole) wrong(`it says ${verdict} of steps that make ${whole}`);
}

/** An EvidenceError for a step that says another thing of its run than the run's own sealed report. */
export function refuseAnotherRun(step: Step, index: number, { run, verdict, objectives }: SealedReport): void {
  const said = step.run;
  if (!said) return;
  const here = `step ${index + 1}`;
  if (said.id !== run.id) wrong(`${here} names another run than the one in its place`);
  if (step.scenario !== run.scenario) wrong(`${here} is of another scenario than its run`);
  if (said.verdict !== verdict || said.outcome !== run.outcome)
    wrong(`${here} says ${said.outcome}, ${said.verdict} of a run whose report says ${run.outcome}, ${verdict}`);
  if (said.started !== run.started) wrong(`${here} says that its run began at another time than the run does`);
  const judged = objectives.map(({ objective: { id }, statement, verdict: of, reason }) => {
    return { id, statement, verdict: of, reason };
  });
  const listed = (step.objectives ?? []).map(({ id, statement, verdict: of, reason }) => {
    return { id, statement, verdict: of, reason };
  });
  if (!isDeepStrictEqual(listed, judged)) wrong(`${here} says other objectives, or other ends of them, than its run`);
  const proved = (step.proves ?? []).every((one) => objectives.some(({ objective }) => objective.metric === one));
  const whole = worst([verdict, run.outcome === 'completed' && proved ? 'pass' : 'unknown']);
  if (step.verdict !== whole) wrong(`${here} says ${step.verdict}, and its run makes it ${whole}`);
}
