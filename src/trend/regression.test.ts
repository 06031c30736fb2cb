import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Interval } from '../check/report-schema.ts';
import { type Compared, FALSE_ALARM_RATE, findShifts } from './regression.ts';

const exact = (value: number): Interval => ({ lower: value, upper: value });
const series = (...values: number[]): Compared => ({ id: 's', values: values.map(exact) });
const kinds = (...all: Compared[]): string[] => findShifts(all).found.map(({ kind, newest }) => `${kind} ${newest}`);

/** Mulberry32: the same numbers on every machine. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const TRIALS = 5_000;
/** Four standard deviations of a share near `rate`. */
const slack = (rate: number): number => 4 * Math.sqrt((rate * (1 - rate)) / TRIALS);

test.each([
  ['one series of 10', [10]],
  ['one of 30', [30]],
  ['twenty, short and long', Array.from({ length: 20 }, (_, i) => 2 + 2 * i)],
  ['forty of 12', Array.from({ length: 40 }, () => 12)],
])('where nothing changes a page accuses at most as often as it says: %s', (_, lengths) => {
  const random = generator(7);
  let accused = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const all = lengths.map(
      (n, i): Compared => ({ id: `${i}`, values: Array.from({ length: n }, () => exact(random())) }),
    );
    if (findShifts(all).found.some(({ kind }) => kind === 'regression')) accused++;
  }
  expect(accused / TRIALS).toBeLessThanOrEqual(FALSE_ALARM_RATE + slack(FALSE_ALARM_RATE));
});

test('the same with series that move together, values that tie, and bounds of any width', () => {
  const random = generator(11);
  let accused = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const shared = Array.from({ length: 14 }, () => Math.floor(random() * 6));
    const all = Array.from(
      { length: 12 },
      (_, i): Compared => ({
        id: `${i}`,
        values: shared.map((value) => ({ lower: value, upper: value + Math.floor(random() * 2) })),
      }),
    );
    if (findShifts(all).found.some(({ kind }) => kind === 'regression')) accused++;
  }
  expect(accused / TRIALS).toBeLessThanOrEqual(FALSE_ALARM_RATE + slack(FALSE_ALARM_RATE));
});

test('the number of worst ones that chance makes is the number that it says', () => {
  const random = generator(3);
  const lengths = [5, 8, 13];
  let seen = 0;
  let expected = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const all = lengths.map(
      (n, i): Compared => ({ id: `${i}`, values: Array.from({ length: n }, () => exact(random())) }),
    );
    const shifts = findShifts(all);
    // Those that are a regression are worst ones as well, where the newest is.
    seen += all.filter(({ values }) => values.every(({ lower }) => lower <= (values.at(-1)?.lower ?? 0))).length;
    expected = shifts.expectedWorst;
  }
  expect(expected).toBeCloseTo(1 / 5 + 1 / 8 + 1 / 13, 10);
  expect(Math.abs(seen / TRIALS - expected)).toBeLessThan(0.035);
});

test('a lasting change is found with few runs, one worst run alone is mentioned', () => {
  expect(kinds(series(5, 6, 5, 7, 6, 5, 6, 50, 60, 55))).toEqual(['regression 3']);
  expect(kinds(series(5, 6, 5, 7, 6, 5, 6, 5, 6, 55))).toEqual(['worst so far 1']);
  expect(kinds(series(5, 6, 5, 7, 6, 5, 6, 50, 60, 5))).toEqual([]);
});

test('short series are mentioned by nobody, and cost the long ones nothing', () => {
  expect(kinds(series(1, 2))).toEqual([]);
  expect(kinds(series(1, 1, 1, 9))).toEqual([]);
  const long = series(5, 6, 5, 7, 6, 5, 6, 50, 60, 55);
  expect(kinds(long, ...Array.from({ length: 100 }, () => series(2, 1)))).toEqual(['regression 3']);
});

test('an interval is worse only where its lower bound is above every upper bound of the others', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(100), fc.option(fc.nat(100), { nil: null })), { minLength: 2, maxLength: 40 }),
      (pairs) => {
        const values = pairs.map(([lower, more]): Interval => ({ lower, upper: more === null ? null : lower + more }));
        for (const { newest, older, chance } of findShifts([{ id: 's', values }]).found) {
          expect(older + newest).toBe(values.length);
          expect(chance).toBeGreaterThan(0);
          const ceiling = Math.max(...values.slice(0, older).map(({ upper }) => upper ?? Number.POSITIVE_INFINITY));
          for (const { lower } of values.slice(older)) expect(lower).toBeGreaterThan(ceiling);
        }
      },
    ),
  );
});

test('one that is open among the older ones is worse than anything', () => {
  const values = [...Array.from({ length: 20 }, () => exact(1)), { lower: 1, upper: null }, exact(9)];
  expect(findShifts([{ id: 's', values }]).found).toEqual([]);
});
