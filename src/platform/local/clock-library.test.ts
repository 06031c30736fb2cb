import { expect, test } from 'vitest';
import { findClockLibrary } from './clock-library.ts';

const only = (path: string) => (asked: string) => asked === path;

test.each([
  ['x64', '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'],
  ['arm64', '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1'],
  ['x64', '/usr/lib64/faketime/libfaketimeMT.so.1'],
  ['x64', '/usr/lib/faketime/libfaketimeMT.so.1'],
  ['riscv64', '/usr/local/lib/faketime/libfaketimeMT.so.1'],
])('on %s it is found at %s', (architecture, path) => {
  expect(findClockLibrary(only(path), architecture)).toBe(path);
});

test('that of another architecture is none', () => {
  expect(findClockLibrary(only('/usr/lib/i386-linux-gnu/faketime/libfaketimeMT.so.1'), 'x64')).toBeNull();
});
