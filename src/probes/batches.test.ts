import { expect, test } from 'vitest';
import { inTurns } from './batches.ts';

const never = new AbortController().signal;

/** Work that is under way until it is let go. */
function held() {
  const open: { item: number; done: (error?: Error) => void }[] = [];
  const work = (item: number): Promise<void> =>
    new Promise((resolve, reject) => open.push({ item, done: (error) => (error ? reject(error) : resolve()) }));
  return { open, work };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('so many at a time, and the next as soon as one is done', async () => {
  const { open, work } = held();
  const all = inTurns([0, 1, 2, 3], 2, never, work);
  expect(open.map(({ item }) => item)).toEqual([0, 1]);
  open[1]?.done();
  await turn();
  expect(open.map(({ item }) => item)).toEqual([0, 1, 2]);
  open[2]?.done();
  await turn();
  for (const { done } of open) done();
  await all;
  expect(open.map(({ item }) => item)).toEqual([0, 1, 2, 3]);
});

test('after one that fails nothing is begun, and it ends when those under way are done', async () => {
  const { open, work } = held();
  const all = inTurns([0, 1, 2, 3], 2, never, work).then(
    () => 'done',
    (error: Error) => error.message,
  );
  open[0]?.done(new Error('no'));
  await turn();
  expect(await Promise.race([all, turn()])).toBeUndefined();
  open[1]?.done();
  expect(await all).toBe('no');
  expect(open).toHaveLength(2);
});

test('nothing is begun once the signal is given', async () => {
  const { open, work } = held();
  const given = new AbortController();
  const all = inTurns([0, 1], 1, given.signal, work);
  given.abort(new Error('enough'));
  open[0]?.done();
  await expect(all).rejects.toThrow('enough');
  expect(open).toHaveLength(1);
});
