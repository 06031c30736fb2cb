import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { NO_KEYS } from '../../src/evidence/keyring.ts';
import { verifyBundle } from '../../src/evidence/verify.ts';
import { flagsOf, type JsonObject, verdicts } from './support/bundle.ts';
import { exerciseOf } from './support/exercise.ts';
import { APPROVED, people, say } from './support/full-run.ts';

/* Who ran or tested any run of an exercise does not sign the exercise off: refused where the run is here, and said where it is not. */

const base = mkdtempSync(join(tmpdir(), 'drill-exercise-off-'));
const who = people();
let reports: string;
let exercise: string;
let copies = 0;
beforeEach(() => {
  copies += 1;
  reports = join(base, `reports-${copies}`);
  exercise = join(
    reports,
    exerciseOf(reports, {
      operators: ['olga'],
      plan: (plan) =>
        Object.assign(plan, {
          declared: { testers: [{ name: 'Tom Tester', role: 'tester', line: 'second' }], sha256: 'a'.repeat(64) },
        }),
    }),
  );
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const by = (name: string) => ({ ...APPROVED, by: { name, role: 'approver' } }) as typeof APPROVED;

test('by who ran the exercise, who ran one of its runs, and who tested in one of them it is refused', async () => {
  for (const name of ['root', 'Olga', 'OLGA\u200b'])
    await expect(say(exercise, by(name), who.approver)).rejects.toThrow(/ran it: expected a sign-off by somebody else/);
  for (const name of ['Tom Tester', 'tom  tester'])
    await expect(say(exercise, by(name), who.approver)).rejects.toThrow(/was declared as a tester/);
  await say(exercise, by('Ada'), who.approver);
  expect(flagsOf(exercise)).toEqual({ harness: [], alone: [] });
});

test('where the run is not here it is signed, and said; where it comes back it is held against it', async () => {
  const run = join(reports, 'site-failover');
  renameSync(run, join(base, `away-${copies}`));
  await say(exercise, by('Tom Tester'), who.approver);
  const unknown = expect.stringContaining('who made the run 20260131T120200Z-7f3a91 is not known here');
  expect(flagsOf(exercise)).toEqual({ harness: [unknown], alone: [unknown] });
  renameSync(join(base, `away-${copies}`), run);
  const flags = ['NOT INDEPENDENT: by who was declared as a tester'];
  expect(flagsOf(exercise)).toEqual({ harness: flags, alone: flags });
  expect(verifyBundle(exercise, NO_KEYS).makers).toEqual({ operators: ['root', 'olga'], testers: ['Tom Tester'] });
});

test('“production” is not said of an exercise whose runs were all elsewhere', async () => {
  await expect(
    say(exercise, { ...by('Ada'), note: 'as in production' } as typeof APPROVED, who.approver),
  ).rejects.toThrow(/--note: a report does not say "production"/);
});

test('an exercise of nobody known: who approves it may be who ran it, and both say so', async () => {
  const other = join(base, `nobody-${copies}`);
  const place = exerciseOf(other, {
    operators: [],
    record: (record: JsonObject) => Object.assign(record, { operators: ['', ' '] }),
  });
  await say(join(other, place), by('Ada'), who.approver);
  const { harness, alone } = flagsOf(join(other, place));
  expect(harness).toEqual([expect.stringContaining('who ran it was not recorded')]);
  expect(alone).toEqual([expect.stringContaining('who ran it was not recorded')]);
});

test('a plan that names no tester any more, under the same manifest, is accused with its place', () => {
  const run = join(reports, 'site-failover', '20260131T120200Z-7f3a91');
  cpSync(join(run, 'intent.json'), join(run, 'plan.json'));
  const place = 'site-failover/20260131T120200Z-7f3a91/plan.json';
  expect(verdicts(exercise, null)).toMatchObject({ harness: place, alone: place });
});
