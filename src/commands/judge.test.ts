import { expect, test } from 'vitest';
import { exitOf } from '../check/exit-code.ts';
import { differ } from './judge.ts';

test.each([
  ['completed', 'pass', 0],
  ['completed', 'fail', 1],
  ['completed', 'unknown', 2],
  ['aborted', 'pass', 3],
  ['aborted', 'fail', 3],
  ['failed', 'pass', 5],
  ['failed', 'fail', 1],
  ['failed', 'unknown', 2],
] as const)('%s and %s: exit code %i', (outcome, verdict, code) => {
  expect(exitOf({ run: { outcome }, verdict, faults: [] })).toBe(code);
});

test('two reports are compared field by field, whatever is missing on one side', () => {
  const was = { a: 1, same: [1, 2], list: [{ x: 1 }], gone: null };
  const is = { a: 2, same: [1, 2], list: [{ x: 1 }, { x: 2 }] };
  expect(differ(was, is, '')).toEqual([
    'a: was 1, is 2',
    'list.1: was absent, is {"x":2}',
    'gone: was null, is absent',
  ]);
});

test('a fault that was not seen to be gone is no run that was aborted and healed', () => {
  const instant = { notBefore_us: 1, notAfter_us: 2 };
  const of = (gone: typeof instant | null) => ({
    run: { outcome: 'aborted' as const },
    verdict: 'unknown' as const,
    faults: [{ requested: instant, gone }],
  });
  expect([exitOf(of(instant)), exitOf(of(null))]).toEqual([3, 5]);
});
