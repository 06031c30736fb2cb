import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exampleRecord } from '../../src/drills/testing.ts';
import { NO_KEYS } from '../../src/evidence/keyring.ts';
import { writeExerciseManifest } from '../../src/evidence/manifest.ts';
import { stampSealed } from '../../src/evidence/stamp-sealed.ts';
import { verifyBundle } from '../../src/evidence/verify.ts';
import { verifyAll } from '../../src/evidence/verify-all.ts';
import { forge, type JsonObject, readJson, signWith, verdicts, verifyAllAlone, writeJson } from './support/bundle.ts';
import { EachExercise } from './support/each-exercise.ts';
import { LISTED_RUN } from './support/exercise.ts';
import { AMENDED, APPROVED, allKeys, people, say } from './support/full-run.ts';

/* The record of an exercise, sealed and signed as a run is. */

const here = new EachExercise('exercise');
const who = people();

test('sealed, signed, stamped, signed off and amended: verified by both, with each of its runs', async () => {
  const bare = verdicts(here.exercise, null);
  expect(bare).toEqual({ harness: 'ok no', alone: 'ok no', says: '' });
  await signWith(who.owner, here.exercise);
  await stampSealed(here.exercise, here.tsa.authority, new AbortController().signal);
  await expect(
    say(here.exercise, { ...APPROVED, by: { name: 'root', role: 'approver' } }, who.approver),
  ).rejects.toThrow(/ran it/);
  await say(here.exercise, APPROVED, who.approver);
  await say(here.exercise, AMENDED, who.lead);
  const all = allKeys(who, here.tsa);
  const { harness, alone } = verdicts(here.exercise, { ...all, roles: all.roles.slice(0, 2) });
  expect(harness).toMatch(/^ok yes, at verified .*, yes, yes$/);
  expect(alone).toBe(harness);
  expect(verifyBundle(here.exercise, NO_KEYS)).toMatchObject({
    kind: 'exercise',
    runs: [{ run: LISTED_RUN, path: here.run, why: '' }],
  });
  const { payload } = readJson(join(here.exercise, 'manifest.dsse.json'));
  expect(JSON.parse(Buffer.from(payload as string, 'base64').toString())).toMatchObject({
    predicateType: 'urn:drill:exercise:v0.1',
    predicate: {
      verdict: 'fail',
      steps: [{ run: null }, { run: { id: LISTED_RUN } }, { run: null }],
      trustedTime: 'none',
    },
  });
});

/** What was done to it after it was signed, and what is accused. */
const TAMPERED: readonly (readonly [string, (at: string) => void, string])[] = [
  ['its record', (at) => edit(at, (record) => Object.assign(record, { verdict: 'pass' })), 'exercise.json'],
  [
    'its record, sealed again',
    (at) => {
      edit(at, (record) => Object.assign(record, { title: 'another' }));
      resealExercise(at);
    },
    'manifest.dsse.json',
  ],
  ['its page', (at) => writeFileSync(join(at, 'exercise.html'), ''), 'exercise.html'],
  ['a file beside it', (at) => writeFileSync(join(at, 'more.txt'), ''), 'more.txt'],
  [
    'another envelope',
    (at) => cpSync(join(at, 'manifest.dsse.json'), join(at, 'objectives.dsse.json')),
    'objectives.dsse.json',
  ],
  ['its envelope', (at) => rmSync(join(at, 'manifest.dsse.json')), 'manifest.dsse.json'],
  [
    'the run that it lists, sealed again',
    () =>
      forge(here.run, {
        report: (report) => {
          report.verdict = 'unknown';
        },
      }),
    `site-failover/${LISTED_RUN}/manifest.json`,
  ],
  [
    'its manifest, as that of a run',
    (at) => {
      const { exercise: run, files } = readJson(join(at, 'manifest.json'));
      writeJson(join(at, 'manifest.json'), { schema: 'drill/manifest/1', run, journalHead: '', files });
    },
    'intent.json',
  ],
];

function edit(at: string, change: (record: JsonObject) => void): void {
  const record = readJson(join(at, 'exercise.json'));
  change(record);
  writeJson(join(at, 'exercise.json'), record);
}

function resealExercise(at: string): void {
  const { exercise: id } = readJson(join(at, 'manifest.json'));
  const envelope = readFileSync(join(at, 'manifest.dsse.json'));
  rmSync(join(at, 'manifest.dsse.json'));
  writeExerciseManifest(at, id as string);
  writeFileSync(join(at, 'manifest.dsse.json'), envelope);
}

test.each(TAMPERED)('changed after it was signed: %s', async (_, tamper, place) => {
  await signWith(who.owner, here.exercise);
  tamper(here.exercise);
  expect(verdicts(here.exercise, who.owner.publicKey)).toMatchObject({ harness: place, alone: place });
});

test('verify --all takes exercises for what they are', () => {
  const found = verifyAll(here.reports, NO_KEYS, null);
  expect(found.runs.map(({ path, problem }) => [path, problem])).toEqual([
    [`_exercises/monthly/${exampleRecord().id}`, null],
    [`site-failover/${LISTED_RUN}`, null],
  ]);
  expect(found.gaps).toEqual([]);
  expect(verifyAllAlone(here.reports, NO_KEYS)).toMatchObject({
    found: found.runs.map(({ path }) => ({ path })),
    gaps: [],
  });
});
