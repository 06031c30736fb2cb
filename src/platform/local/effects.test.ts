import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Undo } from '../undo.ts';
import { ClockEffects } from './clock-effects.ts';
import { DiskEffects } from './disk-effects.ts';
import { commitLogOf, fillsOf } from './disks.ts';
import type { Inventory } from './inventory.ts';
import { MemoryEffects } from './memory-effects.ts';
import type { MemoryGroups } from './memory-groups.ts';
import { ProcessEffects } from './process-effects.ts';
import { Register } from './register.ts';
import { testingInventory } from './testing-inventory.ts';

/** Under which everything may be done. */
const OPEN = { require: () => {}, under: async (_: Undo, work: () => Promise<void> | void) => work() };

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
  const disks = new DiskEffects(inventory, OPEN, true, async ({ site }) => void restarted.push(site));
  expect(disks.inForce()).toEqual(['disk-full-1']);
  await disks.mend('disk-full-1');
  expect([fillsOf(directory), disks.inForce(), restarted]).toEqual([[], [], ['paris', 'london']]);
  await disks.mend('disk-full-1');
  expect(restarted).toHaveLength(2);
  const large = new DiskEffects(inventory, OPEN, false, async () => {});
  await expect(large.fill('x', 'paris')).rejects.toThrow('no disks of their own');
});

test('a restart ends what it starts once, however often it has to be tried; what serves by then is ended for the next', async () => {
  const { inventory, log } = testingInventory();
  const processes = new ProcessEffects(inventory, OPEN, () => {});
  const [cassandra] = inventory.of('cassandra', 'paris');
  let now = { state: 'ready', pid: 7 as number | null };
  let serves = false;
  Object.assign(cassandra ?? {}, {
    state: () => now,
    stop: async () => {
      log.push(`stop ${now.pid}`);
      now = { state: 'stopped', pid: null };
    },
    start: async () => {
      now = { state: serves ? 'ready' : 'running', pid: now.pid ?? 8 };
      if (!serves) throw new Error('not ready in time');
    },
  });
  const target = { site: 'paris', components: ['cassandra'] } as const;
  await expect(processes.restart(target)).rejects.toThrow('not ready');
  await expect(processes.restart(target)).rejects.toThrow('not ready');
  serves = true;
  await processes.restart(target);
  expect(log).toEqual(['stop 7']);
  await processes.restart(target);
  expect(log).toEqual(['stop 7', 'stop 8']);
});

test('a further store starts beside the others, whatever becomes of these; clients end first', async () => {
  const { inventory, log } = testingInventory('', ['cassandra', 'janusgraph', 'opensearch']);
  const processes = new ProcessEffects(inventory, OPEN, () => {});
  const all = { site: 'paris', components: ['opensearch', 'cassandra', 'janusgraph'] } as const;
  expect(inventory.targets(all).map(({ component }) => component)).toEqual(['janusgraph', 'cassandra', 'opensearch']);
  Object.assign(inventory.of('cassandra', 'paris')[0] ?? {}, { start: () => Promise.reject(new Error('no disk')) });
  await expect(processes.start(all)).rejects.toThrow('no disk');
  expect(log).toEqual(['start paris opensearch/0']);
});

/** A JanusGraph of Paris that runs and does not serve until it was ended. */
function hanging(inventory: Inventory, pid: () => number = () => 7): void {
  const [graph] = inventory.of('janusgraph', 'paris');
  const ended = Promise.withResolvers<void>();
  const { start, stop } = graph as NonNullable<typeof graph>;
  let hangs = true;
  Object.assign(graph ?? {}, {
    state: () => ({ state: 'running', pid: pid() }),
    start: (...args: Parameters<typeof start>) => (hangs ? ended.promise : start(...args)),
    stop: async (ms: number) => {
      hangs = false;
      ended.reject(new Error('ended while it started'));
      await stop(ms);
    },
  });
}

test('a JanusGraph that runs and does not serve is ended once, whoever waits for it, and started anew', async () => {
  const { inventory, log } = testingInventory();
  hanging(inventory);
  const events: string[] = [];
  const processes = new ProcessEffects(
    inventory,
    OPEN,
    (type, what) => events.push(`${type} ${what}`),
    () => false,
    5,
  );
  await Promise.all([
    processes.start({ site: 'paris', components: ['janusgraph'] }),
    processes.start({ site: 'paris', components: ['janusgraph'] }),
  ]);
  expect(log).toEqual(['stop paris janusgraph/0', 'start paris janusgraph/0']);
  expect(events).toEqual([expect.stringMatching(/^component-stuck paris janusgraph\/0 was not ready within 0.005 s/)]);
});

test.each(['another process by then', 'a store that is not ready'])('none is ended: %s', async (why) => {
  const { inventory, log } = testingInventory();
  let pid = 7;
  hanging(inventory, () => (why.startsWith('another') ? pid++ : 7));
  if (why.startsWith('a store'))
    Object.assign(inventory.of('cassandra', 'paris')[0] ?? {}, { state: () => ({ state: 'running', pid: 9 }) });
  const processes = new ProcessEffects(
    inventory,
    OPEN,
    () => {},
    () => false,
    5,
  );
  const started = processes.start({ site: 'paris', components: ['janusgraph'] });
  await vi.waitFor(() => expect(pid).toBeGreaterThan(why.startsWith('another') ? 8 : 6));
  expect(await Promise.race([started, new Promise((resolve) => setTimeout(resolve, 50, 'waits'))])).toBe('waits');
  expect(log).toEqual([]);
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

test('a site that has lost its data is started by nobody until it was found', async () => {
  const { inventory, log } = testingInventory();
  let lost = true;
  const processes = new ProcessEffects(
    inventory,
    OPEN,
    () => {},
    (site) => lost && site === 'paris',
  );
  const target = { components: ['cassandra'] } as const;
  const waiting = [processes.start({ site: 'paris', ...target }), processes.restart({ site: 'paris', ...target })];
  await processes.start({ site: 'london', ...target });
  expect(log).toEqual(['start london cassandra/0']);
  await processes.startNow({ site: 'paris', ...target });
  expect(log.at(-1)).toBe('start paris cassandra/0');
  expect(log).toHaveLength(2);
  lost = false;
  await Promise.all(waiting);
  expect(log.filter((entry) => entry === 'start paris cassandra/0').length).toBeGreaterThan(1);
});
