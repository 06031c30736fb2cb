import { expect, test } from 'vitest';
import { bound, duration, failures, lossBound, percentage, positiveDuration, rate } from './values.ts';

const REFUSED = Symbol('refused');
const read = (schema: { safeParse(value: unknown): { success: boolean; data?: unknown } }, value: unknown) => {
  const result = schema.safeParse(value);
  return result.success ? result.data : REFUSED;
};

test.each([
  [duration(), '0s', 0],
  [duration(), '1.5s', 1_500_000],
  [duration(), '30 m', 1_800_000_000],
  [duration(), '30', REFUSED],
  [duration(), 30, REFUSED],
  [duration(), '-1s', REFUSED],
  [duration(), '367d', REFUSED],
  [positiveDuration(), '0s', REFUSED],
  [positiveDuration(), '0.000s', REFUSED],
  [positiveDuration(), '0.1us', REFUSED],
  [positiveDuration(), '250ms', 250_000],
  [rate(), '100/s', 100],
  [rate(), '0.5/s', 0.5],
  [rate(), '0/s', REFUSED],
  [rate(), '100', REFUSED],
  [rate(), '100/m', REFUSED],
  [rate(), '20001/s', REFUSED],
  [percentage(), '99.99%', 0.9999],
  [percentage(), '95 %', 0.95],
  [percentage(), '100%', REFUSED],
  [percentage(), '0%', REFUSED],
  [percentage(), 0.95, REFUSED],
  [failures(), '5 failures', 5],
  [failures(), '1 failure', 1],
  [failures(), '0 failures', REFUSED],
  [failures(), 5, REFUSED],
  [bound(), '30m', { op: '<', target_us: 1_800_000_000 }],
  [bound(), '< 30m', { op: '<', target_us: 1_800_000_000 }],
  [bound(), '<=30m', { op: '<=', target_us: 1_800_000_000 }],
  [bound(), '<= 0s', { op: '<=', target_us: 0 }],
  [bound(), '< 0s', REFUSED],
  [bound(), '0s', REFUSED],
  [bound(), 0, REFUSED],
  [bound(), '> 30m', REFUSED],
  [lossBound(), 0, { op: '<=', target_us: 0 }],
  [lossBound(), '0s', { op: '<=', target_us: 0 }],
  [lossBound(), '< 0s', REFUSED],
  [lossBound(), '0', REFUSED],
  [lossBound(), 5, REFUSED],
  [lossBound(), '5m', { op: '<', target_us: 300_000_000 }],
])('%# reads %o as %o', (schema, value, expected) => {
  expect(read(schema, value)).toEqual(expected);
});
