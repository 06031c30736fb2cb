import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PlatformError } from '../../errors.ts';
import type { Undo } from '../undo.ts';
import { leftFaults, Register } from './register.ts';
import { Turns } from './turns.ts';

let directory = '';
let path = '';
let nowMs = 0;
let done: string[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'register-'));
  path = join(directory, 'faults.json');
  nowMs = 1_000;
  done = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const network = (id: string): Undo => ({ kind: 'network', params: { id } });
const clock = (id: string): Undo => ({ kind: 'clock', params: { id } });
const idOf = ({ params }: Undo): string => ('id' in params ? params.id : params.site);

/** Remembers what it undid; `broken` says which undo fails. */
function register(broken: (id: string) => boolean = () => false): Register {
  return new Register(
    path,
    async (undo) => {
      done.push(idOf(undo));
      if (broken(idOf(undo))) throw new Error(`${idOf(undo)} cannot be undone`);
    },
    () => nowMs,
  );
}

test('a fault is on disk, undo and all, when record returns', () => {
  register().record('f1', 'run1', [network('a')], 1_000);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual([{ fault: 'f1', run: 'run1', undo: [network('a')] }]);
  expect(leftFaults(path)).toEqual(['f1']);
});

test('a fault that is in force is not recorded over', () => {
  const one = register();
  one.record('f1', 'run1', [network('a')], 1_000);
  expect(() => one.record('f1', 'run2', [], 1_000)).toThrow('f1 is in force already');
  expect(one.list()[0]?.run).toBe('run1');
});

test('a fault that could not be written to disk is not in force', () => {
  path = join(directory, 'no-such-directory', 'faults.json');
  const one = register();
  expect(() => one.record('f1', 'run1', [network('a')], 1_000)).toThrow('ENOENT');
  expect(one.list()).toEqual([]);
});

test('what nobody renews is undone once its time is over, and not before', async () => {
  const one = register();
  one.record('f1', 'run1', [network('a')], 1_000);
  nowMs = 1_999;
  expect(await one.expire()).toEqual([]);
  expect(one.list()[0]?.expiresInMs).toBe(1);
  nowMs = 2_000;
  expect(await one.expire()).toEqual([{ fault: 'f1', failures: [] }]);
  expect(done).toEqual(['a']);
  expect(one.list()).toEqual([]);
  expect(leftFaults(path)).toEqual([]);
});

test('a renewal puts the end off, of that fault alone', async () => {
  const one = register();
  one.record('f1', 'run1', [network('a')], 1_000);
  one.record('f2', 'run1', [network('b')], 1_000);
  nowMs = 1_900;
  one.renew(['f1', 'unknown'], 1_000);
  nowMs = 2_500;
  expect(await one.expire()).toEqual([{ fault: 'f2', failures: [] }]);
  expect(one.list().map(({ fault }) => fault)).toEqual(['f1']);
});

test('the last fault that came is undone first', async () => {
  const one = register();
  one.record('f1', 'run1', [network('a')], 1_000);
  one.record('f2', 'run1', [network('b')], 1_000);
  nowMs = 9_000;
  await one.expire();
  expect(done).toEqual(['b', 'a']);
});

test('an undo goes on past a part that fails; the fault stays until all of it is done', async () => {
  let broken = true;
  const one = register((id) => broken && id === 'b');
  one.record('f1', 'run1', [network('a'), network('b'), network('c')], 1_000);
  const results = await one.undo('f1');
  expect(results.map(({ ok, error }) => [ok, error])).toEqual([
    [true, ''],
    [false, 'b cannot be undone'],
    [true, ''],
  ]);
  expect(leftFaults(path)).toEqual(['f1']);
  broken = false;
  expect((await one.undo('f1')).every(({ ok }) => ok)).toBe(true);
  expect(leftFaults(path)).toEqual([]);
});

test('a fault is undone once at a time, however many ask', async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  let started = 0;
  const one = new Register(
    path,
    async () => {
      started += 1;
      await gate;
    },
    () => nowMs,
  );
  one.record('f1', 'run1', [network('a')], 1_000);
  const first = one.undo('f1');
  const second = one.undo('f1');
  nowMs = 9_000;
  expect(await one.expire()).toEqual([]);
  open();
  expect(await second).toEqual(await first);
  expect(started).toBe(1);
});

test('an unknown fault is undone already', async () => {
  expect(await register().undo('f1')).toEqual([]);
  expect(done).toEqual([]);
});

test.each(['', '[{"fault":"f1"', 'null', '{}', '[1]'])(
  'a torn register (%j) leaves no faults and stops nobody',
  (text) => {
    writeFileSync(path, text);
    expect(leftFaults(path)).toEqual([]);
  },
);

test('no register is no faults', () => {
  expect(leftFaults(path)).toEqual([]);
});

test('what the dead-man could not undo stays, with the reason, and is tried again after a while', async () => {
  let broken = true;
  const one = register(() => broken);
  one.record('f1', 'run1', [network('a')], 1_000);
  nowMs = 2_000;
  expect(await one.expire()).toEqual([{ fault: 'f1', failures: ['network: a cannot be undone'] }]);
  nowMs = 11_999;
  expect(await one.expire()).toEqual([]);
  broken = false;
  nowMs = 12_000;
  expect(await one.expire()).toEqual([{ fault: 'f1', failures: [] }]);
});

test('only what a fault in force would undo is covered', async () => {
  const one = register();
  const site: Undo = { kind: 'processes', params: { site: 'paris', components: ['cassandra', 'janusgraph'] } };
  one.record('f1', 'run1', [network('a'), site, clock('paris')], 1_000);
  expect(one.covers(network('a'))).toBe(true);
  expect(one.covers({ kind: 'processes', params: { site: 'paris', components: ['janusgraph'] } })).toBe(true);
  expect(one.covers(network('b'))).toBe(false);
  expect(one.covers(clock('paris'))).toBe(true);
  expect(one.covers(clock('london'))).toBe(false);
  expect(one.covers({ kind: 'disk', params: { id: 'paris' } })).toBe(false);
  expect(one.covers({ kind: 'processes', params: { site: 'london', components: ['janusgraph'] } })).toBe(false);
  one.record('f2', 'run1', [{ kind: 'names', params: { id: 'f2' } }], 1_000);
  expect(one.covers({ kind: 'names', params: { id: 'f2' } })).toBe(true);
  expect(one.covers({ kind: 'names', params: { id: 'a' } })).toBe(false);
  const undoing = one.undo('f1');
  expect(one.covers(network('a'))).toBe(false);
  await undoing;
  expect(one.covers(network('a'))).toBe(false);
});

test('nothing is done that no fault in force would undo', async () => {
  const one = register();
  await expect(one.under(network('a'), () => void done.push('work'))).rejects.toThrow('no fault in the register');
  one.record('f1', 'run1', [network('a')], 1_000);
  await one.under(network('a'), () => void done.push('work'));
  expect(done).toEqual(['work']);
  await expect(one.under(network('a'), () => Promise.reject(new Error('no room')))).rejects.toThrow('no room');
});

test.each([null, new Error('no room')])(
  'what is undone while it is done is undone again after it (%s)',
  async (failure) => {
    const one = register();
    one.record('f1', 'run1', [network('a')], 1_000);
    const work = one.under(network('a'), async () => {
      await one.undo('f1');
      done.push('work');
      if (failure) throw failure;
    });
    await expect(work).rejects.toThrow('undone while it was done');
    expect(done).toEqual(['a', 'work', 'a']);
  },
);

test('what waits for its turn until its undo is done is not done', async () => {
  const one = register();
  const turns = new Turns();
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  void turns.take(() => gate);
  one.record('f1', 'run1', [network('a')], 1_000);
  const work = one.under(network('a'), () => void done.push('work'), turns);
  await one.undo('f1');
  open();
  await expect(work).rejects.toThrow('undone while it was done');
  expect(done).not.toContain('work');
});

test('a restart that went through is not done once more while the rest of its fault is tried again', async () => {
  const done: string[] = [];
  let fails = true;
  const register = new Register(
    path,
    async ({ kind }) => {
      done.push(kind);
      if (kind === 'processes' && fails) throw new PlatformError('not ready in time', { hint: 'read its log' });
    },
    () => 0,
  );
  const params = { site: 'paris', components: ['cassandra'] } as const;
  register.record(
    'disk-full-1',
    'run',
    [
      { kind: 'restart', params },
      { kind: 'processes', params },
    ],
    1_000,
  );
  expect((await register.undo('disk-full-1')).map(({ error }) => error)).toEqual([
    '',
    'not ready in time (read its log)',
  ]);
  fails = false;
  await register.undo('disk-full-1');
  expect(done).toEqual(['restart', 'processes', 'processes']);
  expect(register.list()).toEqual([]);
});

test('a part that hangs keeps no other from being undone, is said, and is waited for by the next try', async () => {
  const hangs = Promise.withResolvers<void>();
  const one = new Register(
    path,
    (undo) => {
      done.push(idOf(undo));
      return idOf(undo) === 'a' ? hangs.promise : Promise.resolve();
    },
    () => nowMs,
    50,
  );
  one.record('f1', 'run1', [network('a'), clock('b')], 1_000);
  const errors = (await one.undo('f1')).map(({ error }) => error);
  expect(errors).toEqual(['not done within 50 ms, and still under way', '']);
  expect(one.list().map(({ fault }) => fault)).toEqual(['f1']);
  const again = one.undo('f1');
  hangs.resolve();
  expect((await again).every(({ ok }) => ok)).toBe(true);
  // What hung was begun once.
  expect(done).toEqual(['a', 'b', 'b']);
  expect(one.list()).toEqual([]);
});

test('a part that hung and then failed is begun anew', async () => {
  const hangs = Promise.withResolvers<void>();
  let tries = 0;
  const one = new Register(
    path,
    () => (++tries === 1 ? hangs.promise : Promise.resolve()),
    () => nowMs,
    50,
  );
  one.record('f1', 'run1', [network('a')], 1_000);
  expect((await one.undo('f1'))[0]?.ok).toBe(false);
  hangs.reject(new Error('gone'));
  await Promise.resolve();
  expect((await one.undo('f1'))[0]?.ok).toBe(true);
  expect([tries, one.list()]).toEqual([2, []]);
});
