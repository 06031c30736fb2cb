import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { intendedUs, Scheduler } from './scheduler.ts';

test('operation k is intended at start + ⌊k·10⁶/rate⌋', () => {
  expect([0, 1, 2, 3].map((k) => intendedUs(5, 3, k))).toEqual([5, 333_338, 666_671, 1_000_005]);
});

test('intended instants never go back, and drift by less than a microsecond', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 0, max: 1e7 }), (rate, k) => {
      const at = intendedUs(0, rate, k);
      expect(intendedUs(0, rate, k + 1)).toBeGreaterThanOrEqual(at);
      expect((k * 1e6) / rate - at).toBeGreaterThanOrEqual(0);
      expect((k * 1e6) / rate - at).toBeLessThan(1);
    }),
  );
});

test('operations that are late are all fired, in order, each with its own instant; stop says which was the last', () => {
  vi.useFakeTimers();
  try {
    let nowUs = 0;
    const scheduler = new Scheduler({ nowUs: () => nowUs });
    const fired: (readonly [number, number])[] = [];
    scheduler.start(1, 10_000, 100, (k, at) => fired.push([k, at]));
    nowUs = 35_000;
    vi.advanceTimersByTime(35);
    expect(fired).toEqual([
      [0, 10_000],
      [1, 20_000],
      [2, 30_000],
    ]);
    nowUs = 41_000;
    expect(scheduler.stop(1)).toBe(3);
    expect(scheduler.stop(1)).toBe(-1);
    nowUs = 1_000_000;
    vi.advanceTimersByTime(1_000);
    expect(fired).toHaveLength(4);
  } finally {
    vi.useRealTimers();
  }
});
