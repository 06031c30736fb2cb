import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { candidateHomes, findJdk, javaVersion } from './jdk.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'jdk-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function home(name: string, release: string | null, java = '#!/bin/sh\nexit 1\n'): string {
  const path = join(directory, name);
  mkdirSync(join(path, 'bin'), { recursive: true });
  writeFileSync(join(path, 'bin/java'), java);
  chmodSync(join(path, 'bin/java'), 0o755);
  if (release !== null) writeFileSync(join(path, 'release'), release);
  return path;
}

test('a 17 is found behind a newer default', () => {
  const versions = new Map([
    ['/a', '21.0.4'],
    ['/b', '17.0.15'],
  ]);
  expect(findJdk(['/a', '/b'], (path) => versions.get(path) ?? null)).toEqual({ home: '/b', version: '17.0.15' });
});

test('a first release, 17 without more, is one', () => {
  expect(findJdk(['/a'], () => '17')).toEqual({ home: '/a', version: '17' });
});

test.each(['1.8.0_402', '11.0.2', '18', '21.0.4', '170.1'])('Java %s is none', (version) => {
  expect(findJdk(['/a'], () => version)).toBeNull();
});

test('a home whose Java does not run is passed over', () => {
  expect(findJdk(['/a', '/b'], (path) => (path === '/b' ? '17.0.1' : null))?.home).toBe('/b');
});

test('the version is read from the release file', () => {
  expect(javaVersion(home('one', 'IMPLEMENTOR="x"\nJAVA_VERSION="17.0.9"\n'))).toBe('17.0.9');
});

test('a home without a release file and with a broken Java has no version', () => {
  expect(javaVersion(home('two', null))).toBeNull();
});

test('JAVA_HOME comes first, and a home that two ways lead to is there once', () => {
  const path = home('three', 'JAVA_VERSION="17.0.9"\n');
  const homes = candidateHomes({ JAVA_HOME: path, PATH: join(path, 'bin') });
  expect(homes[0]).toBe(path);
  expect(homes.filter((one) => one === path)).toHaveLength(1);
});
