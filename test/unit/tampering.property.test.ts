import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXAMPLE, forge, keyPair, signWith, verdicts } from './support/bundle.ts';
import { allKeys, fullRun, people } from './support/full-run.ts';
import { namedTamperings } from './support/named-tamperings.ts';
import type { Tampering } from './support/tampering.ts';
import { tamperings } from './support/tamperings.ts';
import { Tsa } from './support/tsa.ts';

/* Whatever is done to a run with everything over it (signed, stamped, signed off, amended), both verifiers see it and accuse the same place; and nothing that was not touched is accused. */

const base = mkdtempSync(join(tmpdir(), 'drill-tampering-'));
const original = join(base, 'original');
const other = join(base, 'other');
const who = people();
const { owner } = who;
const tsa = new Tsa();
const keys = allKeys(who, tsa);
const stranger = keyPair();
const MUTATIONS = 700;

beforeAll(async () => {
  await fullRun(original, '20260101T000000Z-0ddba0', who, tsa);
  await fullRun(other, '20260101T000000Z-0ddba1', who, tsa);
}, 120_000);
afterAll(() => {
  for (const directory of [base, tsa.directory]) rmSync(directory, { recursive: true, force: true });
});

/** Nothing over it any more, nor from before its fault: what a forger begins with. */
function bare(directory: string): void {
  for (const name of ['manifest.tsr', 'intent.tsr', 'statements']) rmSync(join(directory, name), { recursive: true });
  forge(directory, { journal: (events) => events.filter(({ type }) => type !== 'anchored') });
}

async function tampered(tampering: Tampering, look: (directory: string) => void): Promise<void> {
  const directory = mkdtempSync(join(base, 'copy-'));
  try {
    cpSync(original, directory, { recursive: true });
    await tampering.apply(directory, { other, outside: base, stranger });
    look(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const generated = tamperings(() => original);
const named = namedTamperings();

test('generated tampering is caught, at the same place, by both verifiers', async () => {
  await fc.assert(
    fc.asyncProperty(generated, (tampering) =>
      tampered(tampering, (directory) => {
        const { harness, alone, says } = verdicts(directory, keys);
        if (tampering.unsigned !== true || harness !== verdicts(original, keys).harness)
          expect(harness, `${tampering.name}: ${says}`).not.toMatch(/^ok/);
        expect(alone, tampering.name).toBe(harness);
        // Without the key not all of it can be seen; what is seen is the same.
        const blind = verdicts(directory, null);
        expect(blind.alone, tampering.name).toBe(blind.harness);
        expect(blind.harness, tampering.name).not.toMatch(/^ok yes/);
      }),
    ),
    { numRuns: MUTATIONS },
  );
}, 600_000);

test.each(named.map((tampering) => [tampering.name, tampering] as const))('%s', async (_, tampering) => {
  await tampered(tampering, (directory) => {
    const { harness, alone, says } = verdicts(directory, keys);
    expect(tampering.place.endsWith('line') ? harness.replace(/ \d+$/, '') : harness, says).toBe(tampering.place);
    expect(alone).toBe(harness);
  });
});

test('what was not touched is not accused: with every key, with one, with none, and the example of the project', () => {
  for (const directory of [original, other]) {
    const all = verdicts(directory, keys);
    expect(all).toMatchObject({ harness: all.alone, says: '' });
    expect(all.harness).toMatch(/^ok yes, at verified .*, from verified .*, yes, yes, yes$/);
    const one = verdicts(directory, owner.publicKey);
    expect(one).toMatchObject({ harness: one.alone, says: '' });
    expect(one.harness).toMatch(/^ok yes, at claimed .*, from claimed .*, not checked, not checked, not checked$/);
    const none = verdicts(directory, null);
    expect(none).toMatchObject({ harness: none.alone, says: '' });
    expect(none.harness).toMatch(/^ok not checked, /);
    expect(verdicts(directory, stranger.publicKey)).toMatchObject({
      harness: 'manifest.dsse.json',
      alone: 'manifest.dsse.json',
    });
  }
  expect(verdicts(EXAMPLE, null)).toEqual({ harness: 'ok no', alone: 'ok no', says: '' });
  expect(verdicts(EXAMPLE, owner.publicKey)).toMatchObject({
    harness: 'manifest.dsse.json',
    alone: 'manifest.dsse.json',
  });
});

test('criteria that were changed with everything that follows from them are caught by the key alone', async () => {
  const directory = join(base, 'forged');
  cpSync(original, directory, { recursive: true });
  bare(directory);
  forge(directory, {
    plan: (plan) => {
      for (const objective of plan.objectives as { target_us?: number }[]) {
        if (objective.target_us !== undefined) objective.target_us *= 10;
      }
    },
  });
  expect(verdicts(directory, null)).toMatchObject({ harness: 'ok no', alone: 'ok no' });
  await signWith(stranger, directory);
  expect(verdicts(directory, null)).toMatchObject({ harness: 'ok not checked', alone: 'ok not checked' });
  expect(verdicts(directory, owner.publicKey)).toMatchObject({
    harness: 'manifest.dsse.json',
    alone: 'manifest.dsse.json',
  });
});

test('either alphabet of base64 is accepted', () => {
  const directory = join(base, 'alphabet');
  cpSync(original, directory, { recursive: true });
  for (const name of ['manifest.dsse.json', 'objectives.dsse.json']) {
    const text = readFileSync(join(directory, name), 'utf8');
    const safe = text.replace(/"(payload|sig)": "[^"]*"/g, (one) => one.replaceAll('+', '-').replaceAll('/', '_'));
    writeFileSync(join(directory, name), safe);
  }
  const { harness, alone } = verdicts(directory, keys);
  expect(harness).toMatch(/^ok yes, /);
  expect(alone).toBe(harness);
});
