import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commitLogOf, emptyDisk, observeDisk } from './disks.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-disk-'));
  mkdirSync(commitLogOf(directory));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const of = { site: 'paris', node: 0 };

test('a disk that was filled says so until it is emptied; to empty one that is not is no error', () => {
  expect(observeDisk(directory, of)).toMatchObject({ ...of, filled: false });
  writeFileSync(join(commitLogOf(directory), 'drill-fill'), 'x');
  expect(observeDisk(directory, of)).toMatchObject({ filled: true });
  emptyDisk(directory);
  emptyDisk(directory);
  const { filled, freeBytes } = observeDisk(directory, of);
  expect(filled).toBe(false);
  expect(freeBytes).toBeGreaterThan(0);
});
