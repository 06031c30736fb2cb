import { expect, test } from 'vitest';
import { HelperProcess } from './helper-process.ts';

const LONG_MS = 20_000;
const MODULE = new URL('./helper-process.ts', import.meta.url).href;
/** Twice the number, the larger ones first; `null` is never answered, and -1 ends it. */
const DOUBLES = `const { serveQuestions } = await import('${MODULE}');
serveQuestions((n) => new Promise((resolve) => {
  if (n === -1) process.exit(1);
  if (n !== null) setTimeout(() => resolve(2 * n), 100 - n);
}));`;
const start = (): HelperProcess<number | null, number> =>
  new HelperProcess([process.execPath, '--input-type=module', '-e', DOUBLES], null);

test('several questions at once, each with its own answer; what was asked before the end is answered', async () => {
  const helper = start();
  const answers = [1, 60, 30].map((n) => helper.ask(n, LONG_MS));
  expect(await Promise.all(answers)).toEqual([2, 120, 60]);
  const last = helper.ask(5, LONG_MS);
  helper.end();
  expect(await last).toBe(10);
});

test('one that dies answers nothing it was asked, and another takes its place', async () => {
  const helper = start();
  expect(await helper.ask(1, LONG_MS)).toBe(2);
  expect(await Promise.all([helper.ask(null, LONG_MS), helper.ask(-1, LONG_MS)])).toEqual([null, null]);
  expect(await helper.ask(7, LONG_MS)).toBe(14);
  helper.end();
});

test('one that says nothing in time is ended, and another takes its place', async () => {
  const helper = start();
  expect(await helper.ask(1, LONG_MS)).toBe(2);
  expect(await helper.ask(null, 50)).toBeNull();
  expect(await helper.ask(7, LONG_MS)).toBe(14);
  helper.end();
});

test('a program that is not there answers nothing', async () => {
  expect(await new HelperProcess(['/nowhere/at-all'], null).ask(1, LONG_MS)).toBeNull();
});
