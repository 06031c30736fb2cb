import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { coresOf, liftCores, limitCores, throttlingOf } from './cpu-limits.ts';

let group = '';
beforeEach(() => {
  group = mkdtempSync(join(tmpdir(), 'drill-cpu-'));
});
afterEach(() => rmSync(group, { recursive: true, force: true }));

const put = (file: string, text: string): void => writeFileSync(join(group, file), text);
const written = (file: string): string => readFileSync(join(group, file), 'utf8');

test('v1: a quota of each turn of 100 ms, in which -1 is none', () => {
  put('cpu.cfs_quota_us', '-1\n');
  put('cpu.cfs_period_us', '250000\n');
  expect(coresOf(group, 1)).toBeNull();
  limitCores(group, 1, 0.2);
  expect([written('cpu.cfs_quota_us'), written('cpu.cfs_period_us')]).toEqual(['20000', '100000']);
  expect(coresOf(group, 1)).toBe(0.2);
  liftCores(group, 1);
  expect(coresOf(group, 1)).toBeNull();
});

test('v2: quota and period in one line, in which max is none', () => {
  put('cpu.max', 'max 100000\n');
  expect(coresOf(group, 2)).toBeNull();
  limitCores(group, 2, 1.5);
  expect(written('cpu.max')).toBe('150000 100000');
  expect(coresOf(group, 2)).toBe(1.5);
  liftCores(group, 2);
  expect(written('cpu.max')).toBe('max 100000');
});

test('who had to wait, and for how long: in nanoseconds in v1, in microseconds in v2', () => {
  put('cpu.stat', 'nr_periods 20\nnr_throttled 17\nthrottled_time 519606817\nnr_bursts 0\nburst_time 0\n');
  expect(throttlingOf(group, 1)).toEqual({ periods: 20, throttled: 17, throttledUs: 519_607 });
  put('cpu.stat', 'usage_usec 5\nuser_usec 5\nsystem_usec 0\nnr_periods 20\nnr_throttled 17\nthrottled_usec 519606\n');
  expect(throttlingOf(group, 2)).toEqual({ periods: 20, throttled: 17, throttledUs: 519_606 });
  put('cpu.stat', 'usage_usec 5\n');
  expect(throttlingOf(group, 2)).toEqual({ periods: 0, throttled: 0, throttledUs: 0 });
});

test('a group that is not there has nothing to lift', () => {
  for (const version of [1, 2] as const) {
    liftCores(join(group, 'none'), version);
    expect(coresOf(join(group, 'none'), version)).toBeNull();
  }
});
