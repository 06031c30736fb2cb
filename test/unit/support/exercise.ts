import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExerciseRecord } from '../../../src/drills/record.ts';
import { exampleRecord } from '../../../src/drills/testing.ts';
import { writeExerciseManifest } from '../../../src/evidence/manifest.ts';
import { sha256Hex } from '../../../src/history/chain.ts';
import { renderExerciseHtml } from '../../../src/report/exercise-page.ts';
import { smallRun } from './bundle.ts';
import { type Forgery, forge } from './forge.ts';
import { type JsonObject, readJson, writeJson } from './json-file.ts';

/** The run of `exerciseOf`. */
export const LISTED_RUN = '20260131T120200Z-7f3a91';

/** A sealed exercise with its one run beside it, as they lie in a directory of reports. Gives its place below. */
export function exerciseOf(
  reports: string,
  {
    operators,
    record: change,
    ...forgery
  }: Forgery & { readonly operators?: readonly string[]; readonly record?: (record: JsonObject) => void } = {},
): string {
  const run = join(reports, 'site-failover', LISTED_RUN);
  mkdirSync(run, { recursive: true });
  smallRun(run, LISTED_RUN);
  forge(run, {
    ...forgery,
    plan: (plan) => {
      Object.assign(plan.scenario as JsonObject, { name: 'site-failover' });
      forgery.plan?.(plan);
    },
    report: (report) => {
      report.verdict = 'fail';
    },
    journal: ([first = {}, ...rest]) => [
      { ...first, data: { ...(first.data as JsonObject), ...(operators && { operators }) } },
      ...rest,
    ],
  });
  const record = exampleRecord();
  const place = join('_exercises', record.exercise, record.id);
  mkdirSync(join(reports, place), { recursive: true });
  const steps = record.steps.map((step) =>
    step.kind === 'scenario' && step.run ? { ...step, ...listed(run, step.run) } : step,
  );
  const whole: JsonObject = { ...record, steps };
  change?.(whole);
  sealExercise(join(reports, place), whole);
  return place;
}

/** What a step says of the run beside it. */
export function listed(run: string, said: object) {
  const report = readJson(join(run, 'report.json')) as { run: JsonObject; objectives: JsonObject[] };
  return {
    run: { ...said, started: report.run.started, manifestSha256: sha256Hex(readFileSync(join(run, 'manifest.json'))) },
    objectives: report.objectives.map(({ objective, statement, verdict, reason }) => {
      return { id: (objective as JsonObject).id, statement, verdict, reason };
    }),
  };
}

/** Writes the record of an exercise with its page, and seals both. */
export function sealExercise(exercise: string, record: JsonObject): void {
  writeJson(join(exercise, 'exercise.json'), record);
  writeFileSync(join(exercise, 'exercise.html'), renderExerciseHtml(record as unknown as ExerciseRecord, null));
  writeExerciseManifest(exercise, record.id as string);
}
