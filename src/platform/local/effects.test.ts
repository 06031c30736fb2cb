import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Undo } from '../undo.ts';
import { ClockEffects } from './clock-effects.ts';
import { DiskEffects } from './disk-effects.ts';
import { commitLogOf, fillsOf } from './disks.ts';
import { MemoryEffects } from './memory-effects.ts';
import type { MemoryGroups } from './memory-groups.ts';
import { ProcessEffects } from './process-effects.ts';
import { Register } from './register.ts';
import { testingInventory } from './testing-inventory.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-effects-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A register in which faults of these ids are in force, whose undo is `undo`. */
function registerOf(kind: 'clock' | 'memory', ids: readonly string[], undo: (id: string) => void): Register {
  const execute = async ({ params }: Undo): Promise<void> => ('id' in params ? undo(params.id) : undefined);
  const register = new Register(join(directory, 'faults.json'), execute, () => 0);
  for (const id of ids) register.record(id, 'run', [{ kind, params: { id } }], 1_000);
  return register;
}

test('the clocks of a site are one fault’s at a time, and its undo sets them right and no others', async () => {
  const { inventory } = testingInventory(directory);
  const register = registerOf('clock', ['a', 'b'], (id) => clocks.undo(id));
  const clocks = new ClockEffects(inventory, register, true);
  const shown = (): string => readFileSync(join(directory, 'clock'), 'utf8').trim();
  await clocks.set('a', 'paris', 60_000);
  await clocks.set('a', 'paris', 90_000);
  await expect(clocks.set('b', 'paris', 1_000)).rejects.toThrow('the clocks of paris are set already, by a');
  expect([shown(), clocks.inForce()]).toEqual(['+90.000', ['a']]);
  clocks.undo('b');
  expect([shown(), clocks.inForce()]).toEqual(['+90.000', ['a']]);
  clocks.undo('a');
  clocks.undo('a');
  expect([shown(), clocks.inForce()]).toEqual(['+0.000', []]);
});

/** Groups that know only what is limited; `meanwhile` happens while one is. */
function groups(meanwhile: (name: string) => Promise<unknown> = async () => {}) {
  const limited = new Set<string>();
  const made = {
    limit: async (name: string) => {
      await meanwhile(name);
      limited.add(name);
    },
    lift: (name: string) => void limited.delete(name),
  };
  return { limited, groups: made as unknown as MemoryGroups };
}

test('limits of memory are lifted by the id of their fault, and no others', async () => {
  const { inventory } = testingInventory();
  const { limited, groups: made } = groups();
  const register = registerOf('memory', ['a', 'b', 'c'], (id) => memory.undo(id));
  const memory = new MemoryEffects(inventory, register, made);
  await memory.limit('a', { site: 'paris', components: ['cassandra'] }, 0.5);
  await memory.limit('b', { site: 'paris', components: ['janusgraph'] }, 0.5);
  const both = memory.limit('c', { site: 'paris', components: ['cassandra', 'janusgraph'] }, 0.5);
  await expect(both).rejects.toThrow('the memory of paris is limited already, by a');
  memory.undo('a');
  expect([[...limited], memory.inForce()]).toEqual([['paris-janusgraph-0'], ['b']]);
});

test('what is limited after the undo was done is lifted all the same', async () => {
  const { inventory } = testingInventory();
  const { limited, groups: made } = groups((name) =>
    name === 'paris-cassandra-0' ? register.undo('a') : Promise.resolve(),
  );
  const register = registerOf('memory', ['a'], (id) => memory.undo(id));
  const memory = new MemoryEffects(inventory, register, made);
  const limit = memory.limit('a', { site: 'paris', components: ['cassandra', 'janusgraph'] }, 0.5);
  await expect(limit).rejects.toThrow('undone while it was done');
  expect([[...limited], memory.inForce()]).toEqual([[], []]);
});

test('a full disk that nothing would undo is emptied, and what stands on it is started anew', async () => {
  const { inventory } = testingInventory(directory);
  mkdirSync(commitLogOf(directory));
  writeFileSync(join(commitLogOf(directory), 'drill-fill-disk-full-1'), 'x');
  const restarted: string[] = [];
  const guard = { require: () => {}, under: async (_: Undo, work: () => Promise<void> | void) => work() };
  const disks = new DiskEffects(inventory, guard, true, async ({ site }) => void restarted.push(site));
  expect(disks.inForce()).toEqual(['disk-full-1']);
  await disks.mend('disk-full-1');
  expect([fillsOf(directory), disks.inForce(), restarted]).toEqual([[], [], ['paris', 'london']]);
  await disks.mend('disk-full-1');
  expect(restarted).toHaveLength(2);
  const large = new DiskEffects(inventory, guard, false, async () => {});
  await expect(large.fill('x', 'paris')).rejects.toThrow('no disks of their own');
});

test('a restart ends what it starts once, however often it has to be tried', async () => {
  const { inventory, log } = testingInventory();
  const guard = { require: () => {}, under: async (_: Undo, work: () => Promise<void> | void) => work() };
  const processes = new ProcessEffects(inventory, guard, () => {});
  const [cassandra] = inventory.of('cassandra', 'paris');
  const start = cassandra?.start;
  Object.assign(cassandra ?? {}, { start: () => Promise.reject(new Error('not ready in time')) });
  const target = { site: 'paris', components: ['cassandra'] } as const;
  await expect(processes.restart(target)).rejects.toThrow('not ready');
  Object.assign(cassandra ?? {}, { start });
  await processes.restart(target);
  expect(log).toEqual(['stop paris cassandra/0', 'start paris cassandra/0']);
  await processes.restart(target);
  expect(log).toHaveLength(4);
});

test('a JanusGraph that runs and does not serve is ended once, and started anew', async () => {
  const { inventory, log } = testingInventory();
  const guard = { require: () => {}, under: async (_: Undo, work: () => Promise<void> | void) => work() };
  const events: string[] = [];
  const processes = new ProcessEffects(inventory, guard, (type, what) => events.push(`${type} ${what}`), 5);
  const [graph] = inventory.of('janusgraph', 'paris');
  const ended = Promise.withResolvers<void>();
  const { start, stop } = graph as NonNullable<typeof graph>;
  let hangs = true;
  Object.assign(graph ?? {}, {
    state: () => ({ state: 'running' }),
    start: (...args: Parameters<typeof start>) => (hangs ? ended.promise : start(...args)),
    stop: async (ms: number) => {
      hangs = false;
      ended.reject(new Error('ended while it started'));
      await stop(ms);
    },
  });
  await processes.start({ site: 'paris', components: ['janusgraph'] });
  expect(log).toEqual(['stop paris janusgraph/0', 'start paris janusgraph/0']);
  expect(events).toEqual([expect.stringMatching(/^component-stuck paris janusgraph\/0 ran for 0.005 s/)]);
});

test('what cannot be undone at one place keeps no other from it', async () => {
  const { inventory } = testingInventory();
  const lifted: string[] = [];
  const lift = (name: string): void => {
    if (name === 'paris-janusgraph-0') throw new Error('busy');
    lifted.push(name);
  };
  const made = { limit: async () => {}, lift } as unknown as MemoryGroups;
  const register = registerOf('memory', ['a'], (id) => memory.undo(id));
  const memory = new MemoryEffects(inventory, register, made);
  await memory.limit('a', { site: 'paris', components: ['cassandra', 'janusgraph'] }, 0.5);
  expect(() => memory.undo('a')).toThrow('busy');
  expect([lifted, memory.inForce()]).toEqual([['paris-cassandra-0'], ['a']]);
});
