import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { InputError } from './errors.ts';
import { readGivenFile } from './given-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'given-file-'));
afterAll(() => rmSync(directory, { recursive: true }));

const written = (bytes: number): string => {
  const file = join(directory, `${bytes}`);
  writeFileSync(file, Buffer.alloc(bytes, 'ab'));
  return file;
};

test.each([0, 1, 65_536, 65_537, 200_000])('a file of %i bytes, whole', (bytes) => {
  expect(readGivenFile(written(bytes), 200_000).equals(Buffer.alloc(bytes, 'ab'))).toBe(true);
});

test.each([
  ['a file that is larger', () => written(201), /201: cannot be read: expected at most 200 bytes/],
  ['a device without end', () => '/dev/zero', /\/dev\/zero: cannot be read: it is no plain file/],
  ['a directory', () => directory, /cannot be read: it is a directory/],
  ['a file that is not there', () => join(directory, 'none'), /none: cannot be read: there is no such file/],
  ['a path that ends early', () => 'a\u0000b', /cannot be read: /],
  ['a file whose size is said to be nothing', () => '/proc/self/mountinfo', /expected at most 200 bytes/],
])('%s is refused', (_, file, message) => {
  expect(() => readGivenFile(file(), 200)).toThrow(InputError);
  expect(() => readGivenFile(file(), 200)).toThrow(message);
});

test('a pipe is read to its end, as a shell hands a secret over', () => {
  const script = `import { readGivenFile } from ${JSON.stringify(new URL('given-file.ts', import.meta.url).href)};
    process.stdout.write(readGivenFile(process.argv.at(-1), 100));`;
  const command = `"$0" --input-type=module -e "$1" <(sleep 0.2; echo secret)`;
  expect(execFileSync('bash', ['-c', command, process.execPath, script], { encoding: 'utf8' })).toBe('secret\n');
});
