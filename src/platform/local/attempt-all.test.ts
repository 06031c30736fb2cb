import { expect, test } from 'vitest';
import { attemptAll, attemptEach } from './attempt-all.ts';

const EVEN = new Error('an even number');
const refuse = (n: number): void => {
  if (n % 2 === 0) throw EVEN;
};

test('each is attempted, whatever becomes of those before; what failed is said once, in the end', () => {
  const done: number[] = [];
  expect(() =>
    attemptAll([1, 2, 3, 4], (n) => {
      done.push(n);
      refuse(n);
    }),
  ).toThrow(/^an even number$/);
  expect(done).toEqual([1, 2, 3, 4]);
  expect(() => attemptAll([1, 3], refuse)).not.toThrow();
});

test('one after the other: the next begins when the one before has ended, also where it failed', async () => {
  const log: string[] = [];
  const all = attemptEach(['a', 'b', 'c'], async (name) => {
    log.push(`${name} begins`);
    await Promise.resolve();
    log.push(`${name} ends`);
    if (name !== 'c') throw new Error(`${name} is broken`);
  });
  await expect(all).rejects.toThrow(/^a is broken; b is broken$/);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});
