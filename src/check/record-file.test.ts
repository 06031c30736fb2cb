import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FAIL, GAP, INFO, OK } from './operations.ts';
import { packMeta, RecordFile } from './record-file.ts';

let directory: string;
let file: RecordFile;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-records-'));
  const path = join(directory, 'records');
  const names = { sites: ['paris', 'london'], errors: ['', 'timeout', 'shed'] };
  file = new RecordFile({ path, startUs: 1_000, rate: 100, timeoutUs: 2_000_000, ...names, bySlot: true });
});
afterEach(() => {
  file.close();
  rmSync(directory, { recursive: true, force: true });
});

/** `[attempt, outcome, completed]`; the site is London for the second attempt. */
type Row = readonly [attempt: number, outcome: number, completedUs: number, error?: number];
const place = (k: number, [attempt, outcome, completedUs, error = outcome === OK ? 0 : 1]: Row): boolean => {
  const shed = error === 2;
  const meta = packMeta({ outcome, shed, write: true, site: attempt === 2 ? 1 : 0, error, attempt });
  return file.place(k, attempt, meta, 10 + attempt, completedUs);
};

test.each<[string, Row[], Partial<{ outcome: number; completedUs: number; site: string; shed: boolean }>]>([
  [
    'ok wins, whatever was before',
    [
      [1, INFO, 50],
      [2, OK, 90],
    ],
    { outcome: OK, completedUs: 90, site: 'london' },
  ],
  [
    'the first ok by completion',
    [
      [1, OK, 95],
      [2, OK, 90],
    ],
    { outcome: OK, completedUs: 90, site: 'london' },
  ],
  [
    'info wins over fail',
    [
      [1, INFO, 50],
      [2, FAIL, 90],
    ],
    { outcome: INFO, completedUs: 50, site: 'paris' },
  ],
  [
    'the last info',
    [
      [1, INFO, 50],
      [2, INFO, 90],
    ],
    { outcome: INFO, completedUs: 90, site: 'london' },
  ],
  [
    'the last fail',
    [
      [1, FAIL, 95],
      [2, FAIL, 90],
    ],
    { outcome: FAIL, completedUs: 95, site: 'paris' },
  ],
  [
    'one that never completed is the last',
    [
      [1, INFO, Number.NaN],
      [2, INFO, 90],
    ],
    { completedUs: Number.NaN },
  ],
  [
    'shed only if every attempt was',
    [
      [1, FAIL, 20, 2],
      [2, FAIL, 90],
    ],
    { outcome: FAIL, shed: false },
  ],
  [
    'shed, if every attempt was',
    [
      [1, FAIL, 20, 2],
      [2, FAIL, 90, 2],
    ],
    { outcome: FAIL, shed: true },
  ],
])('%s, in either order', (_, rows, expected) => {
  for (const [k, order] of [rows, [...rows].reverse()].entries()) {
    for (const row of order) expect(place(k, row)).toBe(true);
    const got = { outcome: file.outcome(k), completedUs: file.completedUs(k), site: file.site(k), shed: file.shed(k) };
    expect(got).toMatchObject(expected);
  }
});

test('the same attempt twice is told', () => {
  expect(place(0, [1, OK, 50])).toBe(true);
  expect(place(0, [1, OK, 50])).toBe(false);
});

test('what is not there is a gap; intended comes from the timetable', () => {
  place(2, [1, OK, 50]);
  expect(file.length).toBe(3);
  expect([file.outcome(0), file.error(0), file.site(0)]).toEqual([GAP, 'gap', '']);
  expect([file.invokedUs(0), file.completedUs(0)]).toEqual([Number.NaN, Number.NaN]);
  expect(file.intendedUs(2)).toBe(21_000);
});

test('any order, over more blocks than are held in memory', () => {
  const slots = Array.from({ length: 200 }, (_, i) => ((i * 37) % 200) * 5_000);
  for (const k of slots) place(k, [1, OK, k + 7]);
  for (const k of slots.toReversed()) expect(file.completedUs(k)).toBe(k + 7);
  expect(file.outcome(4_999)).toBe(GAP);
  expect(file.length).toBe(995_001);
});
