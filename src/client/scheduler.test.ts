import { expect, test, vi } from 'vitest';
import { Scheduler } from './scheduler.ts';

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
