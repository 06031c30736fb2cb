import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { checkHealth, detectionTime } from './health-check.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const SETTINGS = { everyMs: 30_000, timeoutMs: 10_000, failures: 5 };

/** What is said, and when, of something that is healthy except between two instants; `silent`: each failure takes the whole deadline. */
async function said(
  downMs: readonly [from: number, to: number],
  { silent = false, delayMs = 7_000, settings = SETTINGS } = {},
): Promise<readonly string[]> {
  const lines: string[] = [];
  const over = new AbortController();
  const began = performance.now();
  const at = (): string => `${Math.round((performance.now() - began) / 1000)} s`;
  const done = checkHealth(
    settings,
    {
      delayMs,
      healthy: async (timeoutMs) => {
        const up = performance.now() - began < downMs[0] || performance.now() - began >= downMs[1];
        if (!up && silent) await new Promise((resolve) => setTimeout(resolve, timeoutMs));
        return up;
      },
      onAlarm: (_, failingForMs) => lines.push(`alarm at ${at()}, failing for ${Math.round(failingForMs / 1000)} s`),
      onClear: () => lines.push(`clear at ${at()}`),
    },
    over.signal,
  );
  await vi.advanceTimersByTimeAsync(600_000);
  over.abort();
  await vi.advanceTimersByTimeAsync(60_000);
  await done;
  return lines;
}

test('five refusals in a row are an alarm, one success ends it', async () => {
  // Checks at 7, 37, 67 s and so on; down from 50 s on.
  expect(await said([50_000, 300_000])).toEqual(['alarm at 187 s, failing for 120 s', 'clear at 307 s']);
});

test('silence costs the deadline as well', async () => {
  expect(await said([50_000, 300_000], { silent: true })).toEqual([
    'alarm at 197 s, failing for 120 s',
    'clear at 307 s',
  ]);
});

test('four failures in a row are none', async () => {
  expect(await said([50_000, 180_000])).toEqual([]);
});

test('a deadline that is longer than the period: the next one is due at once', async () => {
  const settings = { everyMs: 5_000, timeoutMs: 20_000, failures: 2 };
  expect(await said([10_000, 300_000], { silent: true, delayMs: 0, settings })).toEqual([
    'alarm at 50 s, failing for 20 s',
    expect.stringMatching(/^clear/),
  ]);
});

test('what such a check can promise', () => {
  expect(detectionTime(SETTINGS)).toEqual({ leastMs: 120_000, mostMs: 160_000 });
  expect(detectionTime({ everyMs: 5_000, timeoutMs: 1_000, failures: 1 })).toEqual({ leastMs: 0, mostMs: 6_000 });
});
