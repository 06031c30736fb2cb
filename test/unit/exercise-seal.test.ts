import { execFile } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Report } from '../../src/check/report-schema.ts';
import { reportCommand } from '../../src/commands/judge.ts';
import type { ExerciseRecord } from '../../src/drills/record.ts';
import { exampleRecord } from '../../src/drills/testing.ts';
import { generateKeyPair } from '../../src/evidence/keygen.ts';
import { NO_KEYS } from '../../src/evidence/keyring.ts';
import { writeExerciseManifest, writeManifest } from '../../src/evidence/manifest.ts';
import { stampSealed } from '../../src/evidence/stamp-sealed.ts';
import { verifyBundle } from '../../src/evidence/verify.ts';
import { verifyAll } from '../../src/evidence/verify-all.ts';
import { sha256Hex } from '../../src/history/chain.ts';
import { renderExerciseHtml } from '../../src/report/exercise-page.ts';
import {
  EXAMPLE,
  forge,
  type JsonObject,
  readJson,
  STANDALONE,
  signWith,
  smallRun,
  verdicts,
  verifyAllAlone,
  writeJson,
} from './support/bundle.ts';
import { AMENDED, APPROVED, allKeys, people, say } from './support/full-run.ts';
import { Tsa } from './support/tsa.ts';

/* The record of an exercise, sealed and signed as a run is; and what is handed on. */

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const base = mkdtempSync(join(tmpdir(), 'drill-exercise-'));
const tsa = new Tsa();
const who = people();
let reports: string;
let exercise: string;
let copies = 0;

const RUN = '20260131T120200Z-7f3a91';
const runDirectory = (): string => join(reports, 'site-failover', RUN);

/** An exercise of one run, with the run beside it. */
beforeEach(() => {
  copies += 1;
  reports = join(base, `reports-${copies}`);
  mkdirSync(runDirectory(), { recursive: true });
  smallRun(runDirectory(), RUN);
  forge(runDirectory(), {
    plan: (plan) => {
      Object.assign(plan.scenario as JsonObject, { name: 'site-failover' });
    },
    report: (report) => {
      report.verdict = 'fail';
    },
  });
  const record = exampleRecord();
  exercise = join(reports, '_exercises', record.exercise, record.id);
  mkdirSync(exercise, { recursive: true });
  const manifestSha256 = sha256Hex(readFileSync(join(runDirectory(), 'manifest.json')));
  write({
    ...record,
    steps: record.steps.map((step) =>
      step.kind === 'scenario' && step.run
        ? { ...step, ...ofRun(), run: { ...step.run, ...ofRun().run, manifestSha256 } }
        : step,
    ),
  });
  writeExerciseManifest(exercise, record.id);
});
afterAll(() => {
  for (const directory of [base, tsa.directory]) rmSync(directory, { recursive: true, force: true });
});

/** What a step says of the run beside it. */
function ofRun() {
  const report = readJson(join(runDirectory(), 'report.json')) as unknown as Report;
  return {
    run: { started: report.run.started },
    objectives: report.objectives.map(({ objective: { id }, statement, verdict, reason }) => {
      return { id, statement, verdict, reason };
    }),
  };
}

function write(record: ExerciseRecord): void {
  writeJson(join(exercise, 'exercise.json'), record);
  writeFileSync(join(exercise, 'exercise.html'), renderExerciseHtml(record, null));
}

function call(...args: readonly string[]): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, DRILL_STATE: join(base, 'state') } };
    execFile(process.execPath, [...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr }),
    );
  });
}

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
    'a person who did it, and entered nothing',
    (record) => Object.assign(stepsOf(record)[0], { entered: null, entry: '' }),
  ],
];

test.each(LIES)('an exercise that says what is not so: %s', (_, lie) => {
  edit(exercise, lie);
  rmSync(join(exercise, 'manifest.json'));
  writeExerciseManifest(exercise, exampleRecord().id);
  expect(verdicts(exercise, null)).toMatchObject({ harness: 'exercise.json', alone: 'exercise.json' });
});

test('a run that proved less than its step is there for makes the step unknown', () => {
  const verdict = (said: string) => {
    edit(exercise, (record) => {
      Object.assign(stepsOf(record)[1], { verdict: said });
      Object.assign(stepsOf(record)[1].run, {
        verdict: 'pass',
        manifestSha256: sha256Hex(readFileSync(join(runDirectory(), 'manifest.json'))),
      });
      record.verdict = 'unknown';
    });
    rmSync(join(exercise, 'manifest.json'));
    writeExerciseManifest(exercise, exampleRecord().id);
    const { harness, alone } = verdicts(exercise, null);
    return [harness, alone];
  };
  forge(runDirectory(), {
    plan: (plan) => {
      plan.objectives = (plan.objectives as JsonObject[]).slice(0, 1);
    },
    report: (report) => {
      report.verdict = 'pass';
    },
  });
  edit(exercise, (record) => Object.assign(stepsOf(record)[1], { objectives: ofRun().objectives }));
  expect(verdict('pass')).toEqual(['exercise.json', 'exercise.json']);
  expect(verdict('unknown')).toEqual(['ok no', 'ok no']);
});

test('a report that changed under the manifest of its run is named with its place', () => {
  writeFileSync(join(runDirectory(), 'report.json'), '{}');
  const place = `site-failover/${RUN}/report.json`;
  expect(verdicts(exercise, null)).toMatchObject({ harness: place, alone: place });
});

test('a run that is not here is said not to be verified; a place outside is no place', () => {
  rmSync(runDirectory(), { recursive: true });
  expect(verifyBundle(exercise, NO_KEYS).runs).toEqual([{ run: RUN, path: null, why: 'it is not here', part: null }]);
  for (const path of ['../../../../etc', '/etc', 'a/../../b', '']) {
    edit(exercise, ({ steps }) => {
      const [, step] = steps as { run: JsonObject }[];
      Object.assign(step?.run as JsonObject, { path });
    });
    rmSync(join(exercise, 'manifest.json'));
    writeExerciseManifest(exercise, exampleRecord().id);
    expect(verdicts(exercise, null)).toMatchObject({ harness: 'exercise.json', alone: 'exercise.json' });
  }
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

test('a page that is rendered again shows what was said, and nothing of it is markup', async () => {
  const run = join(base, 'shown');
  cpSync(EXAMPLE, run, { recursive: true });
  await say(run, APPROVED, who.approver);
  await say(
    run,
    { ...AMENDED, attachment: { name: 'x.yaml', text: 'ticket: <b>CHG-2</b>\n' } } as typeof AMENDED,
    who.lead,
  );
  const page = join(base, 'again');
  await reportCommand(run, { out: page, pdf: false });
  const markup = readFileSync(`${page}.html`, 'utf8');
  expect(markup).toContain('Signed since, by people');
  expect(markup).toContain('ticket: &lt;b&gt;CHG-2');
  // What is about another run is not shown as if it were about this one.
  const other = join(base, 'other');
  cpSync(EXAMPLE, other, { recursive: true });
  appendFileSync(join(other, 'junit.xml'), '<!-- sealed anew -->');
  rmSync(join(other, 'manifest.json'));
  writeManifest(other, basename(EXAMPLE));
  cpSync(join(run, 'statements'), join(other, 'statements'), { recursive: true });
  await expect(reportCommand(other, { out: page, pdf: false })).rejects.toThrow(/about another manifest/);
});

test('as people call it: keys, sign, sign off, amend, verify, hand on', { timeout: 180_000 }, async () => {
  const keysAt = join(base, 'keys');
  for (const name of ['seal', 'approver']) generateKeyPair(join(keysAt, name), undefined);
  const key = (name: string): string => join(keysAt, name, 'signing-key.pem');
  const open = (name: string): string => join(keysAt, name, 'signing-key.pub.pem');
  const run = runDirectory();
  expect(await call(CLI, 'sign', run, '--key', key('seal'))).toMatchObject({ code: 0 });
  const signOff = [CLI, 'sign-off', run, '--by', 'Ada', '--role', 'head of ICT risk'];
  expect(await call(...signOff, '--decision', 'fine', '--key', key('approver'))).toMatchObject({
    code: 4,
    text: expect.stringContaining('--decision: expected approved or rejected'),
  });
  expect(await call(...signOff, '--decision', 'approved', '--key', key('seal'))).toMatchObject({
    code: 4,
    text: expect.stringContaining('sealed it'),
  });
  expect(await call(...signOff, '--decision', 'approved', '--note', 'seen', '--key', key('approver'))).toMatchObject({
    code: 0,
  });
  const text = join(base, 'ticket.yaml');
  writeFileSync(text, 'ticket: <b>CHG-2</b>\n');
  const amend = ['--by', 'Tom', '--role', 'test lead', '--reason', 'the ticket', '--file', text, '--key', key('seal')];
  expect(await call(CLI, 'amend', run, ...amend)).toMatchObject({ code: 0 });
  const given = ['--public-key', open('seal'), '--public-key', `head of ICT risk=${open('approver')}`];
  for (const verify of [[CLI, 'verify'], [STANDALONE]]) {
    const { code, text: said } = await call(...verify, run, ...given);
    expect([code, said]).toEqual([0, expect.stringContaining('statement 1: APPROVED by Ada (head of ICT risk), ')]);
    expect(said).toContain('statement 2: amendment by Tom (test lead), ');
    expect(said).not.toContain('NOT CHECKED');
    expect((await call(...verify, run, ...given, '--public-key', `auditor=${open('approver')}`)).code).toBe(6);
  }
  await stampSealed(exercise, tsa.authority, new AbortController().signal);
  const out = join(base, 'handed-on');
  expect(await call(CLI, 'bundle', exercise, '--out', out)).toMatchObject({ code: 0 });
  expect(await call(CLI, 'bundle', exercise, '--out', out)).toMatchObject({ code: 4 });
  expect(readdirSync(out).sort()).toEqual(['README.txt', 'reports', 'verify.mjs']);
  const readme = readFileSync(join(out, 'README.txt'), 'utf8');
  const [, place = ''] = /node verify\.mjs (\S+) --public-key FILE/.exec(readme) ?? [];
  const handed = await call(join(out, 'verify.mjs'), join(out, place));
  expect(handed).toMatchObject({ code: 0, text: expect.stringContaining(`run ${RUN}: as it was sealed then`) });
  expect(readme).toContain(sha256Hex(readFileSync(join(out, place, 'manifest.json'))));
  expect(readme).toContain(sha256Hex(readFileSync(join(out, 'verify.mjs'))));
  expect(readme).toMatch(/manifest\.tsr .*--tsa-ca FILE/s);
  expect(await call(join(out, 'verify.mjs'), join(out, 'reports'), '--all')).toMatchObject({ code: 0 });
});
