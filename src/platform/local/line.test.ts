import { expect, test } from 'vitest';
import { netem, parseLine, tbf } from './line.ts';

test.each([
  [{ delayUs: 50_000, jitterUs: 0, correlation: 0 }, 'netem limit 100000 delay 50000us'],
  [{ delayUs: 50_000, jitterUs: 10_000, correlation: 0 }, 'netem limit 100000 delay 50000us 10000us'],
  [{ delayUs: 50_000, jitterUs: 10_000, correlation: 0.25 }, 'netem limit 100000 delay 50000us 10000us 25%'],
  [{ delayUs: 1, jitterUs: 1, correlation: 0.001 }, 'netem limit 100000 delay 1us 1us 0.1%'],
])('a delay as tc-netem(8) has it: %j', (delay, expected) => {
  expect(netem(delay).join(' ')).toBe(expected);
});

test('a narrow line as tc-tbf(8) has it', () => {
  expect(tbf(2_000_000).join(' ')).toBe('tbf rate 2000000bit burst 16384 latency 200ms');
});

test('what a line held back: packets that waited or were lost in front of a narrow one, every packet of a long one', () => {
  expect(parseLine('[{"kind":"tbf","handle":"8001:","packets":90,"overlimits":7,"drops":2}]')).toEqual([9]);
  expect(
    parseLine(
      '[{"kind":"netem","handle":"8001:","options":{"limit":100000,"delay":{"delay":0.05}},"packets":41,"drops":0}]',
    ),
  ).toEqual([41]);
  expect(parseLine('[{"kind":"noqueue"}]')).toEqual([]);
  expect(parseLine('[]')).toEqual([]);
});
