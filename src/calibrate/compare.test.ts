import { expect, test } from 'vitest';
import { compareStopped } from './compare.ts';

const aborted = { outcome: 'aborted', reason: 'lever: why', left: [] } as const;

test('a run that was broken off is right where nothing is in force any more within two seconds', () => {
  expect(compareStopped(aborted, 1_999.4)).toMatchObject({
    right: true,
    measured: 'aborted, nothing in force after 1999 ms',
  });
  expect(compareStopped(aborted, 2_000).right).toBe(false);
});

test.each([
  ['one in which the lever was never pulled', aborted, null, 'not broken off'],
  ['one that left something', { ...aborted, left: ['pause-1: not undone'] }, 900, 'left: pause-1: not undone'],
  ['one that failed', { outcome: 'failed', reason: 'no steady state', left: [] }, 900, 'no steady state'],
  ['one that came to its end', { ...aborted, outcome: 'completed' }, 900, 'completed'],
] as const)('%s is wrong', (_, result, healedMs, said) => {
  const { right, measured } = compareStopped(result, healedMs);
  expect([right, measured]).toEqual([false, expect.stringContaining(said)]);
});
