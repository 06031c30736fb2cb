import { expect, test } from 'vitest';
import type { Report } from '../../src/check/report-schema.ts';
import type { OracleInput } from './oracle/input.ts';
import { check, rpoOf, rto, S } from './support/by-hand.ts';

/** measurement.md, "The instrument proves itself". */

const changeCanary = (change: (input: OracleInput) => OracleInput): Promise<Report> =>
  check({ objectives: [rto(60 * S)] }, change);

test('the canary is found: exactly the keys that were deleted, and the outage that was made', async () => {
  const report = await changeCanary((input) => input);
  expect(report.canary.proofs).toMatchObject([
    {
      ...{ verdict: 'pass', loss: { deleted: 2, found: 2, wrong: 0 } },
      // Refused from 295 ms to 595 ms: the first refusal is slot 30 (300 ms), the first ok behind it slot 60, answered at 602 ms.
      outage: { truth: { lower: 295_000, upper: 595_000 }, measured: { lower: 300_000, upper: 602_000 } },
    },
  ]);
});

test('a canary whose deleted keys are not found makes the verdict unknown', async () => {
  const report = await changeCanary((input) => ({
    ...input,
    readBack: input.readBack.map((row) =>
      row.stage === 'canary' && row.state === 'absent'
        ? { ...row, state: 'present', valueSha: shaWritten(input, row.key) }
        : row,
    ),
  }));
  expect([report.canary.verdict, report.verdict]).toEqual(['unknown', 'unknown']);
});

test('a canary that loses a key too many makes the verdict unknown', async () => {
  const report = await changeCanary((input) => ({
    ...input,
    readBack: input.readBack.map((row) =>
      row.stage === 'canary' && row.key === 'canary-cql-20' ? { ...row, state: 'absent', valueSha: '' } : row,
    ),
  }));
  expect([report.canary.verdict, report.verdict]).toEqual(['unknown', 'unknown']);
});

test('a canary whose outage is not found makes the verdict unknown', async () => {
  const report = await changeCanary((input) => ({
    ...input,
    attempts: input.attempts.map((row) =>
      row.service === 'canary' && row.outcome === 'fail' ? { ...row, outcome: 'ok', error: '' } : row,
    ),
  }));
  expect([report.canary.verdict, report.verdict]).toEqual(['unknown', 'unknown']);
});

test('the canary is excluded from everything else', async () => {
  const report = await changeCanary((input) => input);
  expect(report.views.map(({ service }) => service)).toEqual(['ledger']);
  expect(rpoOf(report).ledger).toBe(81);
});

function shaWritten(input: OracleInput, key: string): string {
  return input.attempts.find((row) => row.key === key)?.valueSha ?? '';
}
