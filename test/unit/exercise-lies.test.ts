import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exampleRecord } from '../../src/drills/testing.ts';
import { NO_KEYS } from '../../src/evidence/keyring.ts';
import { writeExerciseManifest } from '../../src/evidence/manifest.ts';
import { verifyBundle } from '../../src/evidence/verify.ts';
import { sha256Hex } from '../../src/history/chain.ts';
import { forge, type JsonObject, readJson, verdicts, writeJson } from './support/bundle.ts';
import { EachExercise } from './support/each-exercise.ts';
import { LISTED_RUN, listed } from './support/exercise.ts';

/* What an exercise could say of itself and of its runs that is not so, sealed as if it were. */

const here = new EachExercise('exercise-lies');

function edit(at: string, change: (record: JsonObject) => void): void {
  const record = readJson(join(at, 'exercise.json'));
  change(record);
  writeJson(join(at, 'exercise.json'), record);
}

type Steps = readonly (JsonObject & { run: JsonObject })[];
const stepsOf = ({ steps }: JsonObject): readonly [Steps[0], Steps[0], Steps[0]] =>
  steps as unknown as readonly [Steps[0], Steps[0], Steps[0]];

/** What an exercise could say that is not so, sealed as if it were. */
const LIES: readonly (readonly [string, (record: JsonObject) => void])[] = [
  ['a whole that is better than its steps', (record) => Object.assign(record, { verdict: 'pass' })],
  [
    'a step that passed with a run that failed',
    (record) => {
      Object.assign(stepsOf(record)[1], { verdict: 'pass' });
      record.verdict = 'unknown';
    },
  ],
  [
    'a run that passed whose own report says that it failed',
    (record) => {
      Object.assign(stepsOf(record)[1], { verdict: 'pass' });
      Object.assign(stepsOf(record)[1].run, { verdict: 'pass' });
      record.verdict = 'unknown';
    },
  ],
  ['another end of its run', (record) => Object.assign(stepsOf(record)[1].run, { outcome: 'aborted' })],
  ['another run than the one in its place', (record) => Object.assign(stepsOf(record)[1].run, { id: 'another' })],
  ['another scenario than that of its run', (record) => Object.assign(stepsOf(record)[1], { scenario: 'disk-full' })],
  ['a step that passed without a run', (record) => Object.assign(stepsOf(record)[2], { verdict: 'pass' })],
  ['one run for two steps', (record) => Object.assign(stepsOf(record)[2], { ...stepsOf(record)[1] })],
  [
    'one run, in two places, for two steps',
    (record) => {
      const [, step] = stepsOf(record);
      Object.assign(stepsOf(record)[2], { ...step, run: { ...step.run, path: 'disk-full/copy' } });
    },
  ],
  [
    'another beginning of its run',
    (record) => Object.assign(stepsOf(record)[1].run, { started: '2026-01-31T12:02:00.000Z' }),
  ],
  ['an objective that was not judged', (record) => (stepsOf(record)[1].objectives as JsonObject[]).pop()],
  [
    'an objective that was missed, as met',
    (record) => Object.assign((stepsOf(record)[1].objectives as [JsonObject])[0], { statement: 'RTO < 1 s' }),
  ],
  [
    'a person who did it, and entered nothing',
    (record) => Object.assign(stepsOf(record)[0], { entered: null, entry: '' }),
  ],
];

test.each(LIES)('an exercise that says what is not so: %s', (_, lie) => {
  edit(here.exercise, lie);
  rmSync(join(here.exercise, 'manifest.json'));
  writeExerciseManifest(here.exercise, exampleRecord().id);
  expect(verdicts(here.exercise, null)).toMatchObject({ harness: 'exercise.json', alone: 'exercise.json' });
});

test('a run that proved less than its step is there for makes the step unknown', () => {
  const verdict = (said: string) => {
    edit(here.exercise, (record) => {
      Object.assign(stepsOf(record)[1], { verdict: said });
      Object.assign(stepsOf(record)[1].run, {
        verdict: 'pass',
        manifestSha256: sha256Hex(readFileSync(join(here.run, 'manifest.json'))),
      });
      record.verdict = 'unknown';
    });
    rmSync(join(here.exercise, 'manifest.json'));
    writeExerciseManifest(here.exercise, exampleRecord().id);
    const { harness, alone } = verdicts(here.exercise, null);
    return [harness, alone];
  };
  forge(here.run, {
    plan: (plan) => {
      plan.objectives = (plan.objectives as JsonObject[]).slice(0, 1);
    },
    report: (report) => {
      report.verdict = 'pass';
    },
  });
  edit(here.exercise, (record) => Object.assign(stepsOf(record)[1], { objectives: listed(here.run, {}).objectives }));
  expect(verdict('pass')).toEqual(['exercise.json', 'exercise.json']);
  expect(verdict('unknown')).toEqual(['ok no', 'ok no']);
});

test('a report that changed under the manifest of its run is named with its place', () => {
  writeFileSync(join(here.run, 'report.json'), '{}');
  const place = `site-failover/${LISTED_RUN}/report.json`;
  expect(verdicts(here.exercise, null)).toMatchObject({ harness: place, alone: place });
});

test('a run that is not here is said not to be verified; a place outside is no place', () => {
  rmSync(here.run, { recursive: true });
  expect(verifyBundle(here.exercise, NO_KEYS).runs).toEqual([
    { run: LISTED_RUN, path: null, why: 'it is not here', part: null },
  ]);
  for (const path of ['../../../../etc', '/etc', 'a/../../b', '']) {
    edit(here.exercise, ({ steps }) => {
      const [, step] = steps as { run: JsonObject }[];
      Object.assign(step?.run as JsonObject, { path });
    });
    rmSync(join(here.exercise, 'manifest.json'));
    writeExerciseManifest(here.exercise, exampleRecord().id);
    expect(verdicts(here.exercise, null)).toMatchObject({ harness: 'exercise.json', alone: 'exercise.json' });
  }
});
