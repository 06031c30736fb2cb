import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clockEnvironment, setClock } from './clock-file.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-clock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test.each([
  [60_000, '+60.000\n'],
  [-30_500, '-30.500\n'],
  [100, '+0.100\n'],
  [0, '+0.000\n'],
])('%d ms is written as %j, whole', (ms, text) => {
  setClock(directory, ms);
  expect(readFileSync(clockEnvironment('x.so', directory).FAKETIME_TIMESTAMP_FILE ?? '', 'utf8')).toBe(text);
  expect(readdirSync(directory)).toEqual(['clock']);
});

test('timers keep the time of the machine', () => {
  expect(clockEnvironment('x.so', directory)).toMatchObject({ LD_PRELOAD: 'x.so', FAKETIME_DONT_FAKE_MONOTONIC: '1' });
});
