import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exampleRecord } from '../../src/drills/testing.ts';
import { IN_TOTO, keyIdOf, preAuthenticationEncoding, renderEnvelope } from '../../src/evidence/dsse.ts';
import { writeExerciseManifest } from '../../src/evidence/manifest.ts';
import { flagsOf, forge, type JsonObject, keyPair, readJson, signWith, verdicts, writeJson } from './support/bundle.ts';
import { exerciseOf } from './support/exercise.ts';
import { APPROVED, anchoredRun, say } from './support/full-run.ts';
import { type Mutation, mutate, mutation } from './support/json-mutations.ts';

/*
 * The two verifiers were written apart. Whatever the owner of the key changes in what a run says, and seals and signs again, they see alike: both verify, or both accuse
 * the same place. Neither ends with an error of its own.
 */

const base = mkdtempSync(join(tmpdir(), 'drill-differential-'));
const original = join(base, 'original');
const owner = keyPair();
const approver = keyPair();
const TIMES = 120;
let copies = 0;

beforeAll(async () => {
  await anchoredRun(original, '20260101T000000Z-0ddba0', null);
  forge(original, {
    plan: (plan) =>
      Object.assign(plan, {
        declared: { testers: [{ name: 'Tom', role: 'tester', line: 'first' }], sha256: 'a'.repeat(64) },
      }),
  });
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

async function inCopy(of: string, look: (directory: string) => unknown): Promise<void> {
  copies += 1;
  const directory = join(base, `copy-${copies}`);
  cpSync(of, directory, { recursive: true });
  try {
    await look(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const FILES = ['plan', 'intent', 'report', 'journal'] as const;

test('of a run: its plan, its intent, its journal, its report', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...FILES), mutation, (file, change) =>
      inCopy(original, async (run) => {
        let what = '';
        const lie = (value: JsonObject): void => {
          what = mutate(value, change);
        };
        const inJournal = (events: readonly JsonObject[]): readonly JsonObject[] => {
          const told = structuredClone(events.slice(0, 30)) as JsonObject[];
          what = mutate(told, change);
          return [...told, ...events.slice(30)].filter((one) => typeof one === 'object' && one !== null);
        };
        try {
          forge(run, { lies: file === 'journal' ? { journal: inJournal } : { [file]: lie } });
        } catch {
          // What has no canonical form cannot be hashed, so nobody can seal it.
          return;
        }
        await signWith(owner, run).catch(() => {});
        const { harness, alone, says } = verdicts(run, null);
        expect(alone, `${file}: ${what}: ${says}`).toBe(harness);
        seen.add(harness.startsWith('ok') ? 'ok' : harness.replace(/ \d+$/, ''));
      }),
    ),
    { numRuns: TIMES },
  );
  // Nothing is compared where all is refused at the first look.
  for (const place of ['ok', 'plan.json', 'intent.json', 'report.json']) expect(seen).toContain(place);
}, 600_000);

test('of an exercise: its record, over its runs', async () => {
  const reports = join(base, 'reports');
  const place = exerciseOf(reports);
  expect(verdicts(join(reports, place), null)).toMatchObject({ harness: 'ok no', alone: 'ok no' });
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(mutation, (change) =>
      inCopy(reports, async (copy) => {
        const exercise = join(copy, place);
        const record = readJson(join(exercise, 'exercise.json'));
        const what = mutate(record, change);
        writeJson(join(exercise, 'exercise.json'), record);
        rmSync(join(exercise, 'manifest.json'));
        writeExerciseManifest(exercise, exampleRecord().id);
        const { harness, alone, says } = verdicts(exercise, null);
        expect(alone, `${what}: ${says}`).toBe(harness);
        seen.add(harness.startsWith('ok') ? 'ok' : harness);
      }),
    ),
    { numRuns: TIMES },
  );
  for (const there of ['ok', 'exercise.json']) expect(seen).toContain(there);
}, 600_000);

test('of what a person signed: a statement with any member changed, signed again', async () => {
  const signed = join(base, 'signed');
  cpSync(original, signed, { recursive: true });
  await say(signed, APPROVED, approver);
  const path = 'statements/0001.dsse.json';
  const { payload } = readJson(join(signed, path)) as { payload: string };
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(mutation, fc.constantFrom(...NAMES), (change: Mutation, name) =>
      inCopy(signed, async (run) => {
        const statement = JSON.parse(Buffer.from(payload, 'base64').toString('utf8')) as JsonObject;
        (statement.predicate as { by: JsonObject }).by.name = name;
        const what = mutate(statement, change);
        const bytes = Buffer.from(JSON.stringify(statement));
        const signature = await approver.signer.sign(
          preAuthenticationEncoding(IN_TOTO, bytes),
          new AbortController().signal,
        );
        const keyid = keyIdOf(approver.publicKey);
        writeFileSync(join(run, path), renderEnvelope({ payload: bytes, payloadType: IN_TOTO, keyid, signature }));
        const { harness, alone, says } = verdicts(run, null);
        expect(alone, `${what}: ${says}`).toBe(harness);
        seen.add(harness.startsWith('ok') ? 'ok' : harness);
        if (!harness.startsWith('ok')) return;
        const flags = flagsOf(run);
        expect(flags.alone.length, `${what}: ${flags.harness.join()}`).toBe(flags.harness.length);
        if (name === 'Ida' && what.startsWith('note')) expect(flags.harness).toEqual([]);
      }),
    ),
    { numRuns: TIMES },
  );
  for (const there of ['ok', path]) expect(seen).toContain(there);
}, 600_000);

/** Of nobody, of who ran it, of a tester, in spellings that all show alike. */
const NAMES = ['Ida', 'root', 'R\u034foot', '\uff32oot ', 'TOM', 'T\u200bom', 'T\u3164om', 'Tom\u2800'];
