import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** Those of package.json beside the command line itself; what rewrites the tests' own files takes no options. */
const PROGRAMS = [
  ...new Set(Object.values(scripts).flatMap((line) => [...line.matchAll(/\bnode (\S+\.ts)/g)].map(([, file]) => file))),
].filter((file) => file !== 'src/cli.ts' && !file?.startsWith('test/')) as string[];

test('there are programs beside the command line', () => {
  expect(PROGRAMS).toContain('src/torture/main.ts');
  expect(PROGRAMS).toContain('clusters/kubernetes/up-main.ts');
});

test.concurrent.for(PROGRAMS)('%s does nothing when it is asked for help', async (program, { expect: expected }) => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(ROOT, program), '--help']);
  expected(stdout).toMatch(/^Usage: /);
  expected(stdout.split('\n').length).toBeGreaterThan(3);
  expected(stderr).toBe('');
});

test.concurrent.for(PROGRAMS)('%s does nothing when it is mistyped', async (program, { expect: expected }) => {
  const run = promisify(execFile)(process.execPath, [join(ROOT, program), '--nonsense']);
  const { code, stdout, stderr } = await run.then(
    () => expected.unreachable('it went on'),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  expected(code).toBe(4);
  expected(stdout).toBe('');
  expected(stderr).toMatch(/^error: unknown option '--nonsense'/i);
});
