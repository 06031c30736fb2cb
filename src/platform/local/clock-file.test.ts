import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clockEnvironment, isSet, setClock } from './clock-file.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-clock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test.each([
  [60_000, '+60.000\n', true],
  [-30_500, '-30.500\n', true],
  [100, '+0.100\n', true],
  [0, '+0.000\n', false],
])('%d ms is written as %j, whole', (ms, text, set) => {
  setClock(directory, ms);
  expect(readFileSync(clockEnvironment('x.so', directory).FAKETIME_TIMESTAMP_FILE ?? '', 'utf8')).toBe(text);
  expect(isSet(directory)).toBe(set);
  expect(readdirSync(directory)).toEqual(['clock']);
});

test('one that was never set is not set', () => {
  expect(isSet(directory)).toBe(false);
});

test('timers keep the time of the machine', () => {
  expect(clockEnvironment('x.so', directory)).toMatchObject({ LD_PRELOAD: 'x.so', FAKETIME_DONT_FAKE_MONOTONIC: '1' });
});
