import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commitLogOf, emptyDisk, fillsOf, observeDisk } from './disks.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-disk-'));
  mkdirSync(commitLogOf(directory));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const of = { site: 'paris', node: 0 };

test('a disk that was filled says so, and by which faults, until each has emptied it; to empty one that is not is no error', () => {
  expect(observeDisk(directory, of)).toMatchObject({ ...of, filled: false });
  expect(fillsOf(directory)).toEqual([]);
  for (const name of ['disk-full-1', 'a%2Fb']) writeFileSync(join(commitLogOf(directory), `drill-fill-${name}`), 'x');
  writeFileSync(join(commitLogOf(directory), 'CommitLog-7-1.log'), 'x');
  expect(fillsOf(directory).toSorted()).toEqual(['a/b', 'disk-full-1']);
  emptyDisk(directory, 'a/b');
  expect(fillsOf(directory)).toEqual(['disk-full-1']);
  expect(observeDisk(directory, of)).toMatchObject({ filled: true });
  emptyDisk(directory, 'disk-full-1');
  emptyDisk(directory, 'disk-full-1');
  const { filled, freeBytes } = observeDisk(directory, of);
  expect(filled).toBe(false);
  expect(freeBytes).toBeGreaterThan(0);
});
