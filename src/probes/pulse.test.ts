import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pulse } from './pulse.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A pulse of 100 ms, and what it did and when, in ms. */
function watched() {
  const began = performance.now();
  const seen: string[] = [];
  const note = (what: string) => seen.push(`${Math.round(performance.now() - began)} ${what}`);
  const pulse: Pulse = new Pulse(
    100,
    () => note('ping'),
    () => note(pulse.silent ? 'silent' : 'heard again'),
  );
  return { pulse, seen };
}

test('nothing asked: nothing is expected', async () => {
  const { seen } = watched();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen).toEqual([]);
});

test('what is asked and not answered leads to a ping, and the ping to silence, told once', async () => {
  const { pulse, seen } = watched();
  pulse.asked();
  await vi.advanceTimersByTimeAsync(50);
  pulse.asked();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen).toEqual(['100 ping', '200 silent']);
  expect(pulse.silent).toBe(true);
});

test('a slow answer is no silence where the ping is answered', async () => {
  const { pulse, seen } = watched();
  pulse.asked();
  for (let n = 0; n < 10; n += 1) {
    await vi.advanceTimersByTimeAsync(110);
    pulse.heard();
  }
  expect(pulse.silent).toBe(false);
  expect(seen.every((one) => one.endsWith('ping'))).toBe(true);
});

test('an answer to one of many restarts the count for the others', async () => {
  const { pulse, seen } = watched();
  pulse.asked();
  pulse.asked();
  await vi.advanceTimersByTimeAsync(90);
  pulse.ended();
  pulse.heard();
  await vi.advanceTimersByTimeAsync(500);
  expect(seen.at(-1)).toMatch(/silent$/);
  expect(Number(seen[0]?.split(' ')[0])).toBeGreaterThanOrEqual(190);
});

test('everything answered: no more is expected', async () => {
  const { pulse, seen } = watched();
  pulse.asked();
  await vi.advanceTimersByTimeAsync(40);
  pulse.ended();
  pulse.heard();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen).toEqual([]);
});

test('who is waited for no more has not answered', async () => {
  const { pulse } = watched();
  pulse.asked();
  await vi.advanceTimersByTimeAsync(20);
  pulse.ended();
  await vi.advanceTimersByTimeAsync(300);
  expect(pulse.silent).toBe(true);
  pulse.heard();
  expect(pulse.silent).toBe(false);
});

test('a beat without an answer is a silence of its own', async () => {
  const { pulse, seen } = watched();
  pulse.beat();
  pulse.beat();
  await vi.advanceTimersByTimeAsync(300);
  expect(seen).toEqual(['0 ping', '100 silent']);
  pulse.heard();
  expect(seen.at(-1)).toBe('300 heard again');
});
