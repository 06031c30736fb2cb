import { expect, test } from 'vitest';
import { awaitSeen, type Look } from './awaited.ts';

const look = (outcome: 'ok' | 'fail', final: boolean): Look => ({
  outcome: { outcome, error: outcome === 'ok' ? '' : 'absent', valueSha: '' },
  final,
});

test('it ends with the first look that is final', async () => {
  let looks = 0;
  const { outcome } = await awaitSeen(async () => {
    looks += 1;
    return look('ok', looks === 3);
  }, 10_000);
  expect([outcome, looks]).toEqual(['ok', 3]);
});

test('it says what the last look said when the time is over, and not earlier; each look has no more than what is left', async () => {
  const timeoutMs = 500;
  const lefts: number[] = [];
  const began = performance.now();
  const { outcome } = await awaitSeen(async (leftMs) => {
    lefts.push(leftMs);
    return look('fail', false);
  }, timeoutMs);
  expect(outcome).toBe('fail');
  expect(performance.now() - began).toBeGreaterThanOrEqual(timeoutMs - 1);
  expect(lefts.every((left, n) => left >= 1 && left <= timeoutMs && (n === 0 || left < (lefts[n - 1] ?? 0)))).toBe(
    true,
  );
  // Every 20 ms for the first 100 ms, then a fifth more each time.
  expect(lefts.length).toBeLessThanOrEqual(5 + Math.ceil(Math.log(timeoutMs / 100) / Math.log(1.2)) + 2);
  // Just before the end once more.
  expect(lefts.at(-1)).toBeLessThan(100);
});

test('a look that takes longer than all of it is followed by none but the last', async () => {
  let looks = 0;
  await awaitSeen(async () => {
    looks += 1;
    await new Promise((resolve) => setTimeout(resolve, 60));
    return look('fail', false);
  }, 50);
  expect(looks).toBeLessThanOrEqual(2);
});
