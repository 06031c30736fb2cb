import type { Report, Verdict } from '../check/report-schema.ts';
import { EXIT, type ExitCode, messageOf } from '../errors.ts';
import type { ExerciseStep, ScenarioStep } from './exercise-schema.ts';
import { isScenarioStep } from './exercise-schema.ts';
import type { LoadedExercise } from './load.ts';
import { type ExerciseRecord, type PersonRecord, type ScenarioRecord, type StepRecord, worst } from './record.ts';

/** A run that came to its end, or left a directory at least. */
export interface RunLeft {
  /** Which of the names that were asked for, from 0. */
  readonly index: number;
  /** From the directory of the reports. */
  readonly path: string;
  readonly report: Report | null;
  readonly manifestSha256: string | null;
}

/** What a person entered. Null: nothing, in the time there was. */
export interface Entry {
  readonly done: boolean;
  /** Who says so. */
  readonly by: string;
  readonly text: string;
  readonly entered: Date;
}

/** Everything by which an exercise touches the world. */
export interface Hands {
  /** Runs scenarios in order on one platform, as `run A B` does. Rejects where nothing more can be run. */
  run(names: readonly string[], config: string | undefined, onRun: (left: RunLeft) => void): Promise<ExitCode>;
  /** Null where there is nobody to ask. Rejects when a person breaks the exercise off. */
  readonly ask: ((step: Extract<ExerciseStep, { person: string }>) => Promise<Entry | null>) | null;
  /** Keeps the record as it is now. */
  save(record: ExerciseRecord): void;
  now(): Date;
}

/** After these nothing more is begun. */
const BREAKING: ReadonlySet<ExitCode> = new Set([EXIT.aborted, EXIT.platform, EXIT.badInput, EXIT.defect]);

/**
 * Does the steps of an exercise in order, and keeps a record that is whole after every one of them: what was not done yet is unknown. When a run was
 * aborted, or the platform cannot be used, the rest is not begun and says why.
 */
export async function carryOut(
  { exercise, sha256 }: LoadedExercise,
  of: Pick<ExerciseRecord, 'id' | 'harness' | 'operators'>,
  hands: Hands,
): Promise<{ readonly record: ExerciseRecord; readonly code: ExitCode }> {
  const steps: StepRecord[] = exercise.steps.map((step) => notYet(step, COMING));
  const codes: ExitCode[] = [];
  const started = hands.now().toISOString();
  const recordNow = (ended: string | null): ExerciseRecord => ({
    schema: 'drill/exercise/1',
    ...of,
    exercise: exercise.name,
    title: exercise.title,
    fileSha256: sha256,
    functions: [...exercise.functions],
    started,
    ended,
    verdict: worst(steps.map(({ verdict }) => verdict)),
    steps: [...steps],
  });
  const put = (at: number, step: StepRecord): void => {
    steps[at] = step;
    hands.save(recordNow(null));
  };
  hands.save(recordNow(null));
  let broken: string | null = null;
  for (const group of groupsOf(exercise.steps)) {
    const [first] = group;
    if (first === undefined) continue;
    if (broken !== null) {
      for (const { at, step } of group) put(at, notYet(step, `the exercise was broken off: ${broken}`));
      continue;
    }
    if (!isScenarioStep(first.step)) {
      const { record, stop } = await personDoes(first.step, hands);
      put(first.at, record);
      if (stop !== null) codes.push(EXIT.aborted);
      broken = stop;
      continue;
    }
    const planned = group as readonly { at: number; step: ScenarioStep }[];
    const names = planned.map(({ step }) => step.scenario);
    try {
      const code = await hands.run(names, first.step.config, (left) => {
        const one = planned[left.index];
        if (one !== undefined) put(one.at, ranAs(one.step, left));
      });
      codes.push(code);
      if (BREAKING.has(code)) broken = WHY[code] ?? `exit code ${code}`;
    } catch (error) {
      codes.push(exitCodeOf(error));
      broken = messageOf(error);
    }
    for (const { at, step } of planned) {
      const now = steps[at];
      if (now?.kind === 'scenario' && now.run === null && now.reason === COMING)
        put(at, notYet(step, broken === null ? 'it was not run' : `it was not run: ${broken}`));
    }
  }
  // One that was broken off did not come to its end.
  const record = recordNow(broken === null ? hands.now().toISOString() : null);
  hands.save(record);
  return { record, code: codeOf(record.verdict, codes) };
}

const COMING = 'the exercise did not come to it';
const WHY: Partial<Record<ExitCode, string>> = {
  [EXIT.aborted]: 'a run was aborted',
  [EXIT.platform]: 'a run did not go through, or left something behind',
};

function exitCodeOf(error: unknown): ExitCode {
  const code = (error as { exitCode?: ExitCode } | null)?.exitCode;
  return code ?? EXIT.defect;
}

/** What broke it off counts first; else the verdict of the whole decides. */
function codeOf(verdict: Verdict, codes: readonly ExitCode[]): ExitCode {
  const order = [EXIT.defect, EXIT.platform, EXIT.badInput, EXIT.evidence, EXIT.aborted];
  const first = order.find((code) => codes.includes(code));
  if (first !== undefined) return first;
  return verdict === 'pass' ? EXIT.pass : verdict === 'fail' ? EXIT.objectiveMissed : EXIT.unknown;
}

interface Placed {
  readonly at: number;
  readonly step: ExerciseStep;
}

/** Scenarios that follow each other and need the same platform are run together; what a person does stands alone. */
function groupsOf(steps: readonly ExerciseStep[]): readonly (readonly Placed[])[] {
  const groups: Placed[][] = [];
  for (const [at, step] of steps.entries()) {
    const last = groups.at(-1);
    const before = last?.at(-1)?.step;
    const joins =
      before !== undefined && isScenarioStep(step) && isScenarioStep(before) && step.config === before.config;
    if (joins) last?.push({ at, step });
    else groups.push([{ at, step }]);
  }
  return groups;
}

function notYet(step: ExerciseStep, reason: string): StepRecord {
  if (!isScenarioStep(step)) {
    const { person, prompt } = step;
    return { kind: 'person', person, prompt, verdict: 'unknown', reason, asked: null, entered: null, entry: '' };
  }
  const { scenario, proves } = step;
  return { kind: 'scenario', scenario, proves: [...proves], verdict: 'unknown', reason, run: null, objectives: [] };
}

function ranAs(step: ScenarioStep, { path, report, manifestSha256 }: RunLeft): ScenarioRecord {
  const none = notYet(step, `it left no report; its directory is ${path}`) as ScenarioRecord;
  if (report === null) return none;
  const { run } = report;
  const unproved = step.proves.filter(
    (metric) => !report.objectives.some(({ objective }) => objective.metric === metric),
  );
  const through = run.outcome === 'completed';
  const verdict = worst([report.verdict, through && unproved.length === 0 ? 'pass' : 'unknown']);
  const first = report.reasons.find((reason) => reason.verdict === verdict);
  const why = [
    ...(through ? [] : [`the run was ${run.outcome}: ${run.reason}`]),
    ...unproved.map((metric) => `it judged no ${metric}`),
    ...(first ? [first.subject === '' ? first.text : `${first.subject}: ${first.text}`] : []),
  ];
  return {
    ...none,
    verdict,
    reason: verdict === 'pass' ? '' : why.join('; ') || 'the run names no reason',
    run: { id: run.id, path, started: run.started, outcome: run.outcome, verdict: report.verdict, manifestSha256 },
    objectives: report.objectives.map(({ objective, statement, verdict: judged, reason }) => {
      return { id: objective.id, statement, verdict: judged, reason };
    }),
  };
}

async function personDoes(
  step: Extract<ExerciseStep, { person: string }>,
  hands: Hands,
): Promise<{ record: PersonRecord; stop: string | null }> {
  const none = notYet(step, 'nobody was there to be asked') as PersonRecord;
  if (hands.ask === null) return { record: none, stop: null };
  const asked = hands.now().toISOString();
  try {
    const entry = await hands.ask(step);
    const missing = entry === null || entry.text.trim() === '' ? 'nothing' : entry.by.trim() === '' ? 'no name' : null;
    if (entry === null || missing !== null) {
      const reason = `${missing} was entered, so that it counts as not done`;
      return { record: { ...none, asked, reason }, stop: null };
    }
    const { done, by, text } = entry;
    const said = { ...none, asked, entered: entry.entered.toISOString(), entry: text, by: by.trim() };
    // Any text would do otherwise, "not done" as well.
    const judged = done ? { verdict: 'pass' as const, reason: '' } : { reason: `not done, says ${by.trim()}` };
    return { record: { ...said, ...judged }, stop: null };
  } catch (error) {
    return { record: { ...none, asked, reason: `broken off: ${messageOf(error)}` }, stop: messageOf(error) };
  }
}
