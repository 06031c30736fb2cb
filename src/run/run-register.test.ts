import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { sha256Hex } from '../history/chain.ts';
import type { Sequence } from '../history/intent.ts';
import { registeredRuns, registerRun, seriesIn } from './run-register.ts';

const base = mkdtempSync(join(tmpdir(), 'drill-register-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

test('each run follows the one before it, with the digest of what is sealed by then', () => {
  const register = join(base, 'one');
  expect([seriesIn(register), registeredRuns(register)]).toEqual([null, []]);
  const sequences: Sequence[] = [];
  const begin = (run: string): string => {
    const directory = join(base, run);
    mkdirSync(directory);
    return registerRun(register, run, directory, (sequence) => {
      sequences.push(sequence);
      return `intent of ${run}`;
    });
  };
  expect(begin('a')).toBe('intent of a');
  writeFileSync(join(base, 'a/manifest.json'), 'sealed');
  begin('b');
  begin('c');
  const series = seriesIn(register);
  expect(series).toMatch(/^[0-9a-f]{32}$/);
  expect(sequences).toEqual([
    { series, counter: 1, previous: null },
    {
      series,
      counter: 2,
      previous: { run: 'a', intentSha256: sha256Hex('intent of a'), manifestSha256: sha256Hex('sealed') },
    },
    { series, counter: 3, previous: { run: 'b', intentSha256: sha256Hex('intent of b'), manifestSha256: null } },
  ]);
  expect(registeredRuns(register).map(({ counter, run }) => [counter, run])).toEqual([
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
  ]);
});

test('a counter that another process took meanwhile is not taken again', () => {
  const register = join(base, 'two');
  const directory = join(base, 'x');
  let other = true;
  const seen: number[] = [];
  registerRun(register, 'x', directory, ({ counter }) => {
    seen.push(counter);
    if (other) {
      other = false;
      registerRun(register, 'y', directory, () => 'y');
    }
    return 'x';
  });
  expect(seen).toEqual([1, 2]);
  expect(registeredRuns(register).map(({ run }) => run)).toEqual(['y', 'x']);
});
