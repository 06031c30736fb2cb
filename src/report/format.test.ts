import { expect, test } from 'vitest';
import { drawable } from './buckets.ts';
import {
  formatAgainst,
  formatAxisTime,
  formatCount,
  formatInterval,
  formatOffset,
  formatPercent,
  formatWorst,
} from './format.ts';
import { exampleSeries } from './testing-views.ts';
import { timeTicks } from './time-axis.ts';
import { lossWords } from './wording.ts';

test.each([
  [0, '0'],
  [942, '942'],
  [1_003, '1\u202f003'],
  [1_234_567, '1\u202f234\u202f567'],
])('count %i', (value, text) => expect(formatCount(value)).toBe(text));

test.each([
  [1, '100\u00a0%'],
  [0.999_999, '> 99.99\u00a0%'],
  [0.000_01, '< 0.01\u00a0%'],
  [0, '0\u00a0%'],
  [1.5, '150\u00a0%'],
])('a share of %f is never rounded to all or nothing', (share, text) => expect(formatPercent(share)).toBe(text));

test.each([
  [99_970, 100_000, '99.97 ms'],
  [100_031, 100_000, '100.031 ms'],
  [100_000, 100_000, '100 ms'],
  [42_000, 100_000, '42 ms'],
  [1_800_000_001, 1_800_000_000, '1800.000001 s'],
])('%i beside a target of %i', (us, target, text) => expect(formatAgainst(us, target)).toBe(text));

test.each([
  [0, '+0.000\u00a0s'],
  [-499, '+0.000\u00a0s'],
  [-6_800_000, '\u22126.800\u00a0s'],
  [223_801_500, '+223.802\u00a0s'],
])('offset %i', (us, text) => expect(formatOffset(us)).toBe(text));

test.each([
  [0, '0'],
  [-30_000_000, '\u22120:30'],
  [65_000_000, '1:05'],
  [3_725_000_000, '1:02:05'],
])('axis %i', (us, text) => expect(formatAxisTime(us)).toBe(text));

test('an interval without an upper bound is at least its lower one, and null is unknown', () => {
  expect(formatInterval({ lower: 3, upper: null }, formatCount)).toBe('at least 3');
  expect(formatWorst({ lower: 3, upper: 5 }, formatCount)).toBe('5');
  expect(formatInterval(null, formatCount)).toBe('unknown');
});

test('lost writes in words', () => {
  expect(lossWords({ lower: 0, upper: 0 }, 1)).toEqual({
    large: 'none',
    rest: 'of 1 acknowledged write lost',
    state: 'none',
  });
  expect(lossWords({ lower: 0, upper: 0 }, 0)).toMatchObject({ large: 'unknown', state: 'unknown' });
  expect(lossWords(null, 9)).toMatchObject({ large: 'unknown', state: 'unknown' });
  expect(lossWords({ lower: 0, upper: 3 }, 9)).toMatchObject({ large: '0 to 3', state: 'unknown' });
  expect(lossWords({ lower: 2, upper: null }, 9)).toMatchObject({ large: 'at least 2', state: 'some' });
});

test('buckets that are drawn together keep every operation and the worst percentile', () => {
  const { buckets } = exampleSeries(
    { probe: 'cql', service: 'ledger', site: '', rate: 100, medianUs: 2_000, timeoutUs: 2_000_000, outage: null },
    1,
  );
  const drawn = drawable(buckets, 1_000_000, 50);
  const sum = (of: readonly ({ ok: number } | null)[]): number =>
    of.reduce((total, bucket) => total + (bucket?.ok ?? 0), 0);
  expect(drawn.buckets.length).toBeLessThanOrEqual(50);
  expect(sum(drawn.buckets)).toBe(sum(buckets));
  expect(Math.max(...drawn.buckets.map((bucket) => bucket?.max ?? 0))).toBe(
    Math.max(...buckets.map((bucket) => bucket.max ?? 0)),
  );
});

test('a hole in the record is a hole in the drawing', () => {
  const bucket = { ok: 1, fail: 0, info: 0, shed: 0, gaps: 0, p50: 1, p95: 1, p99: 1, max: 1 };
  const drawn = drawable(
    [0, 1, 5].map((t) => ({ t_us: t * 1_000_000, ...bucket })),
    1_000_000,
    100,
  );
  expect(drawn.buckets.map((one) => one?.t_us ?? null)).toEqual([0, 1_000_000, null, 5_000_000]);
});

test('ticks are round, count from 0 of the frame, and are not too many', () => {
  const ticks = timeTicks({ fromUs: 2_000_000, toUs: 348_000_000, originUs: 84_311_204, originName: '' }, 7);
  expect(ticks).toContain(84_311_204);
  expect(ticks.length).toBeLessThanOrEqual(7);
  expect(
    timeTicks({ fromUs: 0, toUs: 400_000_000_000_000, originUs: 0, originName: '' }, 7).length,
  ).toBeLessThanOrEqual(8);
});
