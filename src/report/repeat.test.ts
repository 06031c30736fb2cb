import { expect, test } from 'vitest';
import { claimOf, distributionOf } from './distribution.ts';
import { renderRepeat, renderRepeatHtml, summariseRepeat } from './repeat.ts';
import { failingReport, passingReport, unknownReport } from './testing.ts';

const exactly = (value: number): { lower: number; upper: number } => ({ lower: value, upper: value });

test('minimum, median and maximum; of an even number the upper of the two in the middle', () => {
  expect(distributionOf([5, 1, 3].map(exactly))).toMatchObject({
    n: 3,
    unknown: 0,
    minimum: exactly(1),
    median: exactly(3),
    maximum: exactly(5),
  });
  expect(distributionOf([4, 1, 3, 2].map(exactly)).median).toEqual(exactly(3));
  expect(distributionOf([])).toEqual({ n: 0, unknown: 0, minimum: null, median: null, maximum: null });
});

test('what has no upper bound is the longest, and what is unknown is counted beside', () => {
  const open = { lower: 2, upper: null };
  expect(distributionOf([open, exactly(9), null])).toEqual({
    n: 2,
    unknown: 1,
    minimum: exactly(9),
    median: open,
    maximum: open,
  });
});

test('what n runs without a failure can claim at 95 %', () => {
  expect(claimOf(20, 20)).toEqual({ n: 20, ruleOfThree: 0.15, exact: 1 - 0.05 ** 0.05 });
  expect(claimOf(20, 20)?.exact).toBeCloseTo(0.1391, 4);
  expect(claimOf(1, 1)).toMatchObject({ ruleOfThree: 1, exact: 0.95 });
  expect(claimOf(0, 0)).toBeNull();
  expect(claimOf(20, 19)).toBeNull();
});

test('a series with a failure or an unknown run allows no claim', () => {
  expect(summariseRepeat([passingReport(), passingReport()]).claim).toMatchObject({ n: 2 });
  expect(summariseRepeat([passingReport(), unknownReport()]).claim).toBeNull();
  const mixed = summariseRepeat([passingReport(), failingReport(), unknownReport()]);
  expect(mixed.verdicts).toEqual({ pass: 1, fail: 1, unknown: 1 });
  expect(mixed.figures.find((figure) => figure.name === 'Lost writes at failover')?.distribution).toEqual({
    n: 2,
    unknown: 1,
    minimum: exactly(0),
    median: exactly(527),
    maximum: exactly(527),
  });
  expect(mixed.figures.find((figure) => figure.name === 'RTO of ledger')?.distribution.maximum?.upper).toBeNull();
});

test('no run, or runs of several scenarios, are refused', () => {
  const report = passingReport();
  expect(() => summariseRepeat([])).toThrow(/no run/);
  expect(() => summariseRepeat([report, { ...report, run: { ...report.run, scenario: 'other' } }])).toThrow(
    /one scenario/,
  );
});

test('the text fits a terminal, and the page has no word of a formatter', () => {
  const runs = [passingReport(), failingReport(), unknownReport()];
  for (const line of renderRepeat(runs, { width: 90 }).split('\n')) expect([...line].length).toBeLessThanOrEqual(90);
  expect(renderRepeatHtml(runs)).not.toMatch(/NaN|undefined|\bnull\b/);
});
