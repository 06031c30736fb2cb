import { expect, test } from 'vitest';
import { bucketsOf } from './series.ts';
import { history } from './testing.ts';

const SECOND = 1_000_000;
const waiting = (buckets: ReturnType<typeof bucketsOf>): unknown[] => buckets.map((bucket) => bucket.waiting);

test('an operation waits from when it is due until its answer; what has none waits until its timeout', () => {
  const options = { rate: 1, timeoutUs: 3 * SECOND };
  expect(waiting(bucketsOf(history('....', options), 4, SECOND, false))).toEqual([0, 0, 0, 0]);
  // Due at 1 s, answered 2.5 s later: it waits at 2 s and 3 s.
  const slow = history('.s...', { ...options, slowUs: 2_500_000 });
  expect(waiting(bucketsOf(slow, 5, SECOND, false))).toEqual([0, 1, 1, 0, 0]);
  // Answered at the very instant at which a bucket ends: it waits no more.
  expect(waiting(bucketsOf(history('.s..', { ...options, slowUs: SECOND }), 4, SECOND, false))).toEqual([0, 0, 0, 0]);
  expect(waiting(bucketsOf(history('.????....', options), 9, SECOND, false))).toEqual([0, 1, 2, 2, 2, 1, 0, 0, 0]);
  expect(waiting(bucketsOf(history('._....', options), 6, SECOND, false))).toEqual([0, 1, 1, 0, 0, 0]);
});

test('what is shed was answered at once: by the harness', () => {
  expect(waiting(bucketsOf(history('.-..', { rate: 1 }), 4, SECOND, false))).toEqual([0, 0, 0, 0]);
});

test('a service’s operations by the site to which they were sent; gaps were sent nowhere', () => {
  const ops = history('..x_..', { rate: 2, at: { 4: { site: 'london' }, 5: { site: '__proto__' } } });
  const sites = bucketsOf(ops, 6, SECOND, true).map(({ bySite }) => Object.entries(bySite ?? {}));
  expect(sites).toEqual([
    [['paris', 2]],
    [['paris', 1]],
    [
      ['__proto__', 1],
      ['london', 1],
    ].toSorted(),
  ]);
  expect(bucketsOf(ops, 6, SECOND, false).every(({ bySite }) => bySite === undefined)).toBe(true);
});
