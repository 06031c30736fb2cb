import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PlatformError } from '../../errors.ts';
import { archiveFile, archiveOptions, bestClassList, listOptions, wholeLines } from './archive.ts';

const jdk = { home: '/jdk', version: '17.0.1' };
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'archive-'));
  vi.stubEnv('DRILL_CACHE', directory);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

test('an archive belongs to one component, one JDK and one class path, in order', () => {
  const files = [
    archiveFile('cassandra', jdk, ['a.jar', 'b.jar']),
    archiveFile('cassandra', jdk, ['b.jar', 'a.jar']),
    archiveFile('cassandra', { ...jdk, version: '17.0.2' }, ['a.jar', 'b.jar']),
    archiveFile('cassandra', { ...jdk, home: '/other' }, ['a.jar', 'b.jar']),
    archiveFile('janusgraph', jdk, ['a.jar', 'b.jar']),
  ];
  expect(new Set(files).size).toBe(files.length);
});

test('a JVM shares the archive once it is there, and goes without where it does not fit', () => {
  expect(archiveOptions('cassandra', jdk, ['a.jar'])).toEqual([]);
  const file = archiveFile('cassandra', jdk, ['a.jar']);
  writeFileSync(file, '');
  expect(archiveOptions('cassandra', jdk, ['a.jar'])).toEqual(['-Xshare:auto', `-XX:SharedArchiveFile=${file}`]);
});

test('each JVM writes a list of its own', () => {
  expect(listOptions('cassandra', '/lists')).toEqual(['-XX:DumpLoadedClassList=/lists/cassandra-%p.list']);
});

test('the longest list of the component is taken', () => {
  writeFileSync(join(directory, 'cassandra-1.list'), 'a\n');
  writeFileSync(join(directory, 'cassandra-2.list'), 'a\nb\n');
  writeFileSync(join(directory, 'janusgraph-3.list'), 'a\nb\nc\n');
  expect(bestClassList(directory, 'cassandra')).toBe(join(directory, 'cassandra-2.list'));
});

test('no list at all is an error', () => {
  expect(() => bestClassList(directory, 'cassandra')).toThrow(PlatformError);
});

test('half a line at the end of a list is left out', () => {
  expect(wholeLines('java/lang/Object id: 0\njava/lang/Str')).toBe('java/lang/Object id: 0\n');
  expect(wholeLines('java/lang/Object id: 0\n')).toBe('java/lang/Object id: 0\n');
  expect(wholeLines('java/lan')).toBe('');
});
