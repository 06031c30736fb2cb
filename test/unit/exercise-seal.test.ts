import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { exampleRecord } from '../../src/drills/testing.ts';
import { NO_KEYS } from '../../src/evidence/keyring.ts';
import { writeExerciseManifest } from '../../src/evidence/manifest.ts';
import { stampSealed } from '../../src/evidence/stamp-sealed.ts';
import { verifyBundle } from '../../src/evidence/verify.ts';
import { verifyAll } from '../../src/evidence/verify-all.ts';
import { forge, type JsonObject, readJson, signWith, verdicts, verifyAllAlone, writeJson } from './support/bundle.ts';
import { exerciseOf, LISTED_RUN } from './support/exercise.ts';
import { AMENDED, APPROVED, allKeys, people, say } from './support/full-run.ts';
import { Tsa } from './support/tsa.ts';

/* The record of an exercise, sealed and signed as a run is. */

const base = mkdtempSync(join(tmpdir(), 'drill-exercise-'));
const tsa = new Tsa();
const who = people();
let reports: string;
let exercise: string;
let copies = 0;

const RUN = LISTED_RUN;
const runDirectory = (): string => join(reports, 'site-failover', RUN);

/** An exercise of one run, with the run beside it. */
beforeEach(() => {
  copies += 1;
  reports = join(base, `reports-${copies}`);
  exercise = join(reports, exerciseOf(reports));
});
afterAll(() => {
  for (const directory of [base, tsa.directory]) rmSync(directory, { recursive: true, force: true });
});

test('sealed, signed, stamped, signed off and amended: verified by both, with each of its runs', async () => {
  const bare = verdicts(exercise, null);
  expect(bare).toEqual({ harness: 'ok no', alone: 'ok no', says: '' });
  await signWith(who.owner, exercise);
  await stampSealed(exercise, tsa.authority, new AbortController().signal);
  await expect(say(exercise, { ...APPROVED, by: { name: 'root', role: 'approver' } }, who.approver)).rejects.toThrow(
    /ran it/,
  );
  await say(exercise, APPROVED, who.approver);
  await say(exercise, AMENDED, who.lead);
  const all = allKeys(who, tsa);
  const { harness, alone } = verdicts(exercise, { ...all, roles: all.roles.slice(0, 2) });
  expect(harness).toMatch(/^ok yes, at verified .*, yes, yes$/);
  expect(alone).toBe(harness);
  expect(verifyBundle(exercise, NO_KEYS)).toMatchObject({
    kind: 'exercise',
    runs: [{ run: RUN, path: runDirectory(), why: '' }],
  });
  const { payload } = readJson(join(exercise, 'manifest.dsse.json'));
  expect(JSON.parse(Buffer.from(payload as string, 'base64').toString())).toMatchObject({
    predicateType: 'urn:drill:exercise:v0.1',
    predicate: { verdict: 'fail', steps: [{ run: null }, { run: { id: RUN } }, { run: null }], trustedTime: 'none' },
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
      forge(runDirectory(), {
        report: (report) => {
          report.verdict = 'unknown';
        },
      }),
    `site-failover/${RUN}/manifest.json`,
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
  await signWith(who.owner, exercise);
  tamper(exercise);
  expect(verdicts(exercise, who.owner.publicKey)).toMatchObject({ harness: place, alone: place });
});

test('verify --all takes exercises for what they are', () => {
  const found = verifyAll(reports, NO_KEYS, null);
  expect(found.runs.map(({ path, problem }) => [path, problem])).toEqual([
    [`_exercises/monthly/${exampleRecord().id}`, null],
    [`site-failover/${RUN}`, null],
  ]);
  expect(found.gaps).toEqual([]);
  expect(verifyAllAlone(reports, NO_KEYS)).toMatchObject({ found: found.runs.map(({ path }) => ({ path })), gaps: [] });
});
