import { expect, test, vi } from 'vitest';
import { crashing, Loops, type Mortal, starving } from './loops.ts';

class Fake implements Mortal {
  readonly name: string;
  readonly log: string[] = [];
  starts: 'at once' | 'never' | 'fails' = 'at once';
  constructor(name: string) {
    this.name = name;
  }
  async stop(withinMs: number): Promise<void> {
    this.log.push(`stop ${withinMs}`);
  }
  pause(): void {
    this.log.push('pause');
  }
  resume(): void {
    this.log.push('resume');
  }
  start(): Promise<void> {
    this.log.push('start');
    if (this.starts === 'fails') return Promise.reject(new Error('it ended while it started'));
    return this.starts === 'at once' ? Promise.resolve() : new Promise(() => {});
  }
}

const problems: unknown[] = [];
const loops = (): Loops => new Loops((problem) => problems.push(problem));

test('once: each dies once and is started, and it stays in force until it is ended', async () => {
  const both = [new Fake('a'), new Fake('b')];
  const all = loops();
  all.begin('x', both, crashing({ graceMs: 5, againMs: null }));
  await vi.waitUntil(() => both.every(({ log }) => log.length === 2));
  expect(both.map(({ log }) => log)).toEqual([
    ['stop 5', 'start'],
    ['stop 5', 'start'],
  ]);
  expect(all.list()).toEqual([{ id: 'x', counts: { a: 1, b: 1 }, broken: [] }]);
  await all.end('x');
  expect(all.list()).toEqual([]);
});

test('over and over until it is ended; nothing dies after that', async () => {
  const one = new Fake('a');
  const all = loops();
  all.begin('x', [one], crashing({ graceMs: 0, againMs: 1 }));
  await vi.waitUntil(() => (all.list()[0]?.counts.a ?? 0) >= 3);
  await all.end('x');
  const { length } = one.log;
  expect(one.log.at(-1)).toBe('start');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(one.log.length).toBe(length);
});

test('one that never comes up again does not keep the end waiting', async () => {
  const one = new Fake('a');
  one.starts = 'never';
  const all = loops();
  all.begin('x', [one], crashing({ graceMs: 0, againMs: 1 }));
  await vi.waitUntil(() => one.log.length === 2);
  await all.end('x');
  expect(all.list()).toEqual([]);
});

test('one that cannot be started is said, and stays in force for its undo', async () => {
  const one = new Fake('a');
  one.starts = 'fails';
  const all = loops();
  all.begin('x', [one], crashing({ graceMs: 0, againMs: 1 }));
  await vi.waitUntil(() => problems.length > 0);
  expect(all.list()).toEqual([{ id: 'x', counts: { a: 1 }, broken: ['a'] }]);
  await all.end('x');
});

test('an id that is in force is refused; to end what is not there is no error', async () => {
  const all = loops();
  all.begin('x', [new Fake('a')], crashing({ graceMs: 0, againMs: null }));
  expect(() => all.begin('x', [], crashing({ graceMs: 0, againMs: null }))).toThrow('x is in force already');
  await all.end('y');
  await all.end('x');
});

test('what starves is stopped and let run in turn, and runs once it is over, whenever that comes', async () => {
  const one = new Fake('a');
  const all = loops();
  all.begin('x', [one], starving(0.01));
  await vi.waitUntil(() => (all.list()[0]?.counts.a ?? 0) >= 2);
  // It is stopped now, for nearly all of its turn.
  await vi.waitUntil(() => one.log.at(-1) === 'pause');
  await all.end('x');
  expect(one.log.at(-1)).toBe('resume');
  const { length } = one.log;
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(one.log.length).toBe(length);
});
