import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** No text that people give reaches a shell: commands are lists of arguments, and a shell is used by these files alone. */

const SRC = fileURLToPath(new URL('../../src', import.meta.url));
const sources = new Map(
  globSync('**/*.ts', { cwd: SRC })
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => [file, readFileSync(join(SRC, file), 'utf8')] as const),
);
const withText = (pattern: RegExp): readonly string[] =>
  [...sources].flatMap(([file, text]) => (pattern.test(text) ? [file] : [])).toSorted();

test('nothing is run by what would ask a shell', () => {
  expect(sources.size).toBeGreaterThan(300);
  expect(withText(/\bshell\s*:\s*(?:true\b|['"\w.]+\s*[,}])/)).toEqual([]);
  expect(withText(/import\s*\{[^}]*\bexec(?:Sync)?\b[^}]*\}\s*from 'node:child_process'/)).toEqual([]);
  expect(withText(/import\s*(?:\*\s*as\s+)?\w+\s+from 'node:child_process'/)).toEqual([]);
});

test('the files that name a shell are known, and what each gives it', () => {
  expect(withText(/'(?:ba)?sh'|\/bin\/(?:ba)?sh/)).toEqual([
    // The number of an exit code.
    'leave.ts',
    // A constant.
    'platform/doctor-namespaces.ts',
    // Inside a pod: a constant, whose parameters are "$0" and "$1".
    'platform/kubernetes/platform-file.ts',
    // A file that calls nodetool, of the platform's own paths, each quoted.
    'platform/local/backups/medusa.ts',
    // A constant, whose parameters are "$0" and "$@".
    'torture/cases.ts',
  ]);
});
