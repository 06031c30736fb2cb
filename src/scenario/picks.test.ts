import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pickOne } from './picks.ts';

const SITES = ['paris', 'london', 'frankfurt'];

test('a pick is one of its candidates, and the same for the same seed, fault and field', () => {
  expect(pickOne(7, 'cut', 'site', SITES)).toBe('london');
  expect(pickOne(7, 'cut', 'site', SITES.toReversed())).toBe('london');
  expect(pickOne(8, 'cut', 'site', SITES)).toBe('paris');
  expect(pickOne(7, 'cut', 'site', [])).toBeUndefined();
});

test('picks are uniform: chi squared of 6000 seeds, and independent between faults and fields', () => {
  const chiSquared = (counts: readonly number[]): number => {
    const expected = 6_000 / counts.length;
    return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  };
  const seeds = Array.from({ length: 6_000 }, (_, seed) => seed);
  const of = (fault: string, field = 'site') =>
    seeds.map((seed) => SITES.indexOf(pickOne(seed, fault, field, SITES) ?? ''));
  const one = of('cut-1');
  const count = (values: readonly number[], cells: number): number[] =>
    Array.from({ length: cells }, (_, cell) => values.filter((value) => value === cell).length);
  // 99.9 % quantiles of chi squared with 2 and with 8 degrees of freedom; the seeds are fixed, so this holds or does not.
  expect(chiSquared(count(one, 3))).toBeLessThan(13.8);
  for (const other of [of('cut-2'), of('cut-1', 'from')])
    expect(
      chiSquared(
        count(
          one.map((site, i) => 3 * site + (other[i] as number)),
          9,
        ),
      ),
    ).toBeLessThan(26.1);
});

test('who is left out of a pick changes it only where it would have been picked', () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(...SITES), (seed, left) => {
      const all = pickOne(seed, 'cut', 'site', SITES);
      const fewer = pickOne(
        seed,
        'cut',
        'site',
        SITES.filter((site) => site !== left),
      );
      return fewer !== left && (all === left || fewer === all);
    }),
  );
});
