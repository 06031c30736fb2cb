import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { passingReport } from '../report/testing.ts';
import { readRuns } from './read-runs.ts';

let reports = '';
beforeEach(() => {
  reports = mkdtempSync(join(tmpdir(), 'drill-runs-'));
});
afterEach(() => rmSync(reports, { recursive: true, force: true }));

function put(path: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(reports, path), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(reports, path, name), text);
}

const report = (id: string): string => {
  const one = passingReport();
  return JSON.stringify({ ...one, run: { ...one.run, id } });
};

test('every directory is a run, or is listed with the reason', () => {
  put('a/1', { 'report.json': report('1'), 'intent.json': '{}' });
  put('a/2', { 'intent.json': '{}' });
  put('a/3', { 'report.json': '{"schema":"drill/report/2"}' });
  put('a/4', { 'report.json': 'torn {' });
  put('a/5', {});
  put('a/6', { 'report.json': report('1') });
  put('b\u001b[31m<img>/7', { 'report.json': '[]' });
  put('_exercises/monthly/x', { 'exercise.json': '{}' });
  symlinkSync(join(reports, 'a', '1'), join(reports, 'a', '8'));
  put('a', { 'repeat-1.html': '' });
  const { runs, unread } = readRuns(reports);
  expect(runs.map(({ path, seal, setting }) => ({ path, seal, setting }))).toEqual([
    { path: 'a/1', seal: 'not sealed', setting: null },
  ]);
  expect(unread.map(({ path }) => path)).toEqual(['a/2', 'a/3', 'a/4', 'a/5', 'a/6', 'a/8', 'b\u001b[31m<img>/7']);
  expect(unread[0]?.why).toMatch(/under way, or was killed/);
  expect(unread[1]?.why).toMatch(/^report\.json is none of this version/);
  expect(unread[3]?.why).toMatch(/^no run directory/);
  expect(unread[4]?.why).toBe('the same run as a/1: counted once');
  expect(unread[5]?.why).toMatch(/a link/);
});

test('a report that is another than the one that was sealed says so', () => {
  const manifest = JSON.stringify({ files: [{ path: 'report.json', sha256: '0'.repeat(64) }] });
  put('a/1', { 'report.json': report('1'), 'manifest.json': manifest });
  const [run] = readRuns(reports).runs;
  expect(run?.seal).toBe('changed after it was sealed');
  expect(run?.notCompared).toBe('its report was changed after it was sealed');
});
