import { expect, test } from 'vitest';
import { floorOf, nearestRank } from './exact.ts';
import { ValueCounts } from './quantiles.ts';

test('nearest rank ⌈q·n⌉, exactly, whatever binary fractions do', () => {
  expect(nearestRank(0.95, 200)).toBe(190);
  expect(nearestRank(0.95, 201)).toBe(191);
  expect(nearestRank(0.07, 100)).toBe(7);
  expect(nearestRank(0, 10)).toBe(1);
  expect(nearestRank(1, 10)).toBe(10);
  expect(floorOf(1 - 0.9, 200)).toBe(20);
  expect(floorOf(1 - 0.95, 200)).toBe(10);
});

function counts(values: readonly number[], quantiles: readonly number[]): (number | null)[] {
  const table = new ValueCounts();
  for (const value of values) table.add(value);
  if (table.prepare(quantiles)) for (const value of values) table.refine(value);
  return quantiles.map((quantile) => table.quantile(quantile));
}

test('the value itself, not a bucket of it', () => {
  expect(counts([99_970], [0.5, 1])).toEqual([99_970, 99_970]);
  expect(counts([3, 1, 2, 4], [0.25, 0.5, 0.51, 1])).toEqual([1, 2, 3, 4]);
  expect(counts([], [0.5])).toEqual([null]);
});

test('values of seconds and more are as exact as small ones', () => {
  const values = Array.from({ length: 1_000 }, (_, i) => (i * 7_919_777) % 600_000_000);
  const sorted = [...values].sort((a, b) => a - b);
  const quantiles = [0.5, 0.9, 0.95, 0.99, 0.999, 1];
  expect(counts(values, quantiles)).toEqual(quantiles.map((q) => sorted[nearestRank(q, 1_000) - 1]));
});
