import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { programPath, socketPath } from './paths.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'p-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

test('a socket whose path the kernel would not take is refused, with the way out', () => {
  vi.stubEnv('DRILL_STATE', join(directory, 'x'.repeat(100)));
  expect(() => socketPath()).toThrow('is longer than 107 bytes');
});

test('the state directory may be named by any of its paths', () => {
  vi.stubEnv('DRILL_STATE', join(directory, 'a/../b'));
  expect(socketPath()).toMatch(/\/b\/control\.sock$/);
});

test('programs are looked for where systems keep those of root, too', () => {
  expect(programPath({ PATH: '/usr/bin' })).toBe('/usr/bin:/usr/sbin:/sbin');
  expect(programPath({})).toBe('/usr/sbin:/sbin');
});
