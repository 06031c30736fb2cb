import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256Hex } from '../../src/history/chain.ts';
import { Mask } from '../../src/redact/mask.ts';
import { compareWithOriginal, writeMaskedReport } from '../../src/redact/masked-bundle.ts';
import { verifyMasked } from '../../src/redact/verify-masked.ts';
import { EXAMPLE, type JsonObject, keyPair, readJson, writeJson } from './support/bundle.ts';
import { exerciseOf, LISTED_RUN, sealExercise } from './support/exercise.ts';
import { mutate, mutation } from './support/json-mutations.ts';
import { maskedVerdicts, resealMasked, verifyMaskedAlone } from './support/masked.ts';

/* A masked report of an exercise or of a run is verified by both verifiers alike, and no name is in it. */

const base = mkdtempSync(join(tmpdir(), 'drill-masked-exercise-'));
const SALT = '5'.repeat(64);
const owner = keyPair();
const { signal } = new AbortController();
const reports = join(base, 'reports');
let exercise: string;
const of = { exercise: join(base, 'masked-exercise'), run: join(base, 'masked-run') };
const HIDDEN = ['olga', 'ada', 'quentin', 'xyzzy', 'paris', 'london', 'screening', 'declared in the channel'];

beforeAll(async () => {
  exercise = join(
    reports,
    exerciseOf(reports, {
      operators: ['olga'],
      record: (record) => {
        Object.assign(record, { operators: ['Quentin Xyzzy'], title: 'Paris is lost at Xyzzy' });
        const [person] = record.steps as [JsonObject];
        person.reason = 'not done, says Ada; Quentin was asked at xyzzy.example';
      },
    }),
  );
  const mask = new Mask(SALT);
  await writeMaskedReport(join(reports, 'site-failover', LISTED_RUN), join(base, 'masked-listed'), mask, null, signal);
  await writeMaskedReport(exercise, of.exercise, mask, owner.signer, signal);
  await writeMaskedReport(EXAMPLE, of.run, new Mask(SALT), owner.signer, signal);
}, 240_000);
afterAll(() => rmSync(base, { recursive: true, force: true }));

test('no byte of a masked exercise holds a name of it or of its runs, and its verdicts and instants stay', () => {
  expect(readdirSync(of.exercise)).toEqual(['exercise.html', 'exercise.json', 'masked.dsse.json', 'masked.json']);
  for (const path of readdirSync(of.exercise)) {
    const bytes = readFileSync(join(of.exercise, path), 'utf8').replaceAll(
      /\b(?:comparisons?|readable|adapt\w*)\b/gi,
      '',
    );
    for (const hidden of HIDDEN)
      expect([path, hidden, new RegExp(`\\b${hidden}\\b`, 'i').test(bytes)]).toEqual([path, hidden, false]);
  }
  const [was, is] = [exercise, of.exercise].map((at) => readJson(join(at, 'exercise.json'))) as [
    JsonObject,
    JsonObject,
  ];
  expect([is.verdict, is.started, is.ended, is.id]).toEqual([was.verdict, was.started, was.ended, was.id]);
  expect(is.fileSha256).toBe('0'.repeat(64));
  expect((is.masked as JsonObject).withheld).toEqual(
    expect.arrayContaining(['fileSha256', 'title', 'steps.prompt', 'steps.entry']),
  );
});

test('a run of it has the same masks in its own masked report', () => {
  const record = readJson(join(of.exercise, 'exercise.json'));
  const report = readJson(join(base, 'masked-listed', 'report.json'));
  const [, step] = record.steps as [unknown, { objectives: { id: string }[]; run: JsonObject }];
  const ids = (report.objectives as { objective: { id: string } }[]).map(({ objective: { id } }) => id);
  expect(step.objectives.map(({ id }) => id)).toEqual(ids);
  expect(step.run.manifestSha256).toBe((report.masked as JsonObject).originalManifestSha256);
});

test('is what the exercise and the mask make, to the byte, and of no other', () => {
  const verified = verifyMasked(of.exercise, owner.publicKey);
  const mask = (): Mask => {
    const again = new Mask(SALT);
    return again;
  };
  // Names get their masks in the order in which they are met: the run was masked first.
  expect(() => compareWithOriginal(of.exercise, verified, EXAMPLE, mask())).toThrow('another than this one');
  expect(() => compareWithOriginal(of.exercise, verified, exercise, new Mask('6'.repeat(64)))).toThrow('another mask');
});

describe.each(['run', 'exercise'] as const)('both verifiers, of a masked %s', (kind) => {
  const original = (): string => (kind === 'run' ? EXAMPLE : exercise);

  test('with the key, another one, and none; with its original, and another', () => {
    expect(maskedVerdicts(of[kind], owner.publicKey)).toEqual({ harness: 'ok yes', alone: 'ok yes' });
    expect(maskedVerdicts(of[kind], null)).toEqual({ harness: 'ok not checked', alone: 'ok not checked' });
    const place = 'masked.dsse.json';
    expect(maskedVerdicts(of[kind], keyPair().publicKey)).toEqual({ harness: place, alone: place });
    expect(verifyMaskedAlone(of[kind], null, original())).toMatchObject({ kind });
    const other = kind === 'run' ? exercise : EXAMPLE;
    expect(() => verifyMaskedAlone(of[kind], null, other)).toThrow(/^masked\.json: is of another original/);
  });

  test('any file changed, taken away, linked or added', () => {
    for (const name of readdirSync(of[kind])) {
      const copy = join(base, `copy-${kind}`);
      cpSync(of[kind], copy, { recursive: true });
      const whole = readFileSync(join(copy, name));
      for (const at of [0, Math.floor(whole.length / 2), whole.length - 2]) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ 1;
        writeFileSync(join(copy, name), changed);
        const { harness, alone } = maskedVerdicts(copy, owner.publicKey);
        expect([name, at, alone]).toEqual([name, at, harness]);
        expect(harness).not.toMatch(/^ok/);
      }
      rmSync(join(copy, name));
      expect(maskedVerdicts(copy, owner.publicKey)).toEqual({ harness: name, alone: name });
      writeFileSync(join(copy, name), whole);
      writeFileSync(join(copy, 'more.txt'), '');
      expect(maskedVerdicts(copy, owner.publicKey)).toEqual({ harness: 'more.txt', alone: 'more.txt' });
      rmSync(copy, { recursive: true });
    }
  });

  const source = kind === 'run' ? 'report.json' : 'exercise.json';
  type Lie = readonly [string, string, (value: JsonObject, manifest: JsonObject) => unknown];
  const ofRun: readonly Lie[] = [
    ['a DORA part that says nothing', source, (value) => Object.assign(value, { dora: {} })],
    [
      'a fault of which it is not said whether it is gone',
      source,
      ({ faults }) => delete (faults as [JsonObject])[0].gone,
    ],
    [
      'a fault of which it is not said that it was',
      source,
      ({ faults }) => delete (faults as [JsonObject])[0].requested,
    ],
  ];
  const LIES: readonly Lie[] = [
    ...(kind === 'run' ? ofRun : []),
    ['its verdict', source, (value) => Object.assign(value, { verdict: value.verdict === 'pass' ? 'fail' : 'pass' })],
    [
      'the run that it names',
      source,
      (value) => Object.assign(kind === 'run' ? (value.run as JsonObject) : value, { id: 'x' }),
    ],
    ['that it is masked', source, (value) => Object.assign(value, { masked: undefined })],
    ['the mask', source, ({ masked }) => Object.assign(masked as JsonObject, { maskSha256: 'a'.repeat(64) })],
    [
      'of what it is',
      source,
      ({ masked }) => Object.assign(masked as JsonObject, { originalManifestSha256: 'a'.repeat(64) }),
    ],
    [
      'of what its manifest says it is',
      source,
      (_, { original }) => Object.assign(original as JsonObject, { manifestSha256: 'b'.repeat(64) }),
    ],
    ['a member more', 'masked.json', (_, manifest) => Object.assign(manifest, { more: 1 })],
    ['no mask', 'masked.json', (_, manifest) => Object.assign(manifest, { maskSha256: '' })],
    ['fewer files', 'masked.json', (_, { files }) => (files as unknown[]).pop()],
    [
      'a file of another name',
      'masked.json',
      (_, { files }) => Object.assign((files as [JsonObject])[0], { path: '../x' }),
    ],
  ];

  test.each(LIES)('sealed and signed again with a lie: %s', async (_, place, lie) => {
    const copy = join(base, `lie-${kind}`);
    cpSync(of[kind], copy, { recursive: true });
    await resealMasked(copy, source, lie, owner);
    expect(maskedVerdicts(copy, owner.publicKey)).toEqual({ harness: place, alone: place });
    rmSync(copy, { recursive: true });
  });

  test('figures that are not those of the original, sealed and signed again, show beside it', async () => {
    const copy = join(base, `other-${kind}`);
    cpSync(of[kind], copy, { recursive: true });
    const change = (value: JsonObject): void => {
      if (kind === 'exercise') value.started = '2020-01-01T00:00:00.000Z';
      else (value.objectives as [JsonObject])[0].measured = { lower: 1, upper: 2 };
    };
    await resealMasked(copy, source, change, owner);
    expect(maskedVerdicts(copy, owner.publicKey)).toEqual({ harness: 'ok yes', alone: 'ok yes' });
    expect(() => verifyMaskedAlone(copy, null, original())).toThrow(`${source}: has other figures`);
    rmSync(copy, { recursive: true });
  });
});

test('an exercise whose run changed under its manifest is not masked', async () => {
  const other = join(base, 'changed');
  cpSync(reports, other, { recursive: true });
  const at = join(other, 'site-failover', LISTED_RUN, 'plan.json');
  writeJson(at, readJson(at));
  writeFileSync(at, readFileSync(at, 'utf8').replace('"tier": 1', '"tier": 2'));
  const place = exercise.slice(reports.length);
  await expect(
    writeMaskedReport(join(other, place), join(base, 'never'), new Mask(SALT), null, signal),
  ).rejects.toThrow(/plan\.json: its content is not what manifest\.json says/);
});

test('an exercise by itself, without its runs, is masked as well: what is not known is masked as a word', async () => {
  const alone = join(base, 'alone', exercise.slice(reports.length));
  cpSync(exercise, alone, { recursive: true });
  const out = join(base, 'masked-alone');
  await writeMaskedReport(alone, out, new Mask(SALT), null, signal);
  expect(readFileSync(join(out, 'exercise.json'), 'utf8')).not.toMatch(/quentin|xyzzy|paris/i);
  expect(verifyMasked(out, null).signed.state).toBe('unsigned');
  const { maskSha256 } = readJson(join(out, 'masked.json'));
  expect(maskSha256).not.toBe(sha256Hex(''));
  compareWithOriginal(out, verifyMasked(out, null), alone, new Mask(SALT));
});

test('a record that claims to be masked before it was sealed is taken for what it is: one that is not verified as masked', () => {
  const own = join(base, 'own', exercise.slice(reports.length));
  cpSync(exercise, own, { recursive: true });
  const record = readJson(join(own, 'exercise.json'));
  rmSync(join(own, 'manifest.json'));
  sealExercise(own, { ...record, masked: undefined });
  expect(() => verifyMasked(own, null)).toThrow(/^masked\.json: cannot be read/);
});

describe.each(['run', 'exercise'] as const)('generated lies in a masked %s, sealed and signed again', (kind) => {
  test.each([kind === 'run' ? 'report.json' : 'exercise.json', 'masked.json'])(
    'in its %s both verifiers see alike',
    async (file) => {
      const source = kind === 'run' ? 'report.json' : 'exercise.json';
      const seen = new Set<string>();
      await fc.assert(
        fc.asyncProperty(mutation, async (change) => {
          const copy = mkdtempSync(join(base, 'generated-'));
          cpSync(of[kind], copy, { recursive: true });
          let what = '';
          await resealMasked(
            copy,
            source,
            (value, manifest) => {
              what = mutate(file === source ? value : manifest, change);
            },
            owner,
          ).catch(() => {});
          const { harness, alone } = maskedVerdicts(copy, null);
          expect(alone, what).toBe(harness);
          seen.add(harness.startsWith('ok') ? 'ok' : harness);
          rmSync(copy, { recursive: true });
        }),
        { numRuns: 60 },
      );
      expect(seen).toContain(file);
    },
    240_000,
  );
});
