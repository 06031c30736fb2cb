import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CpuEffects } from './cpu-effects.ts';
import { ProcessGroups } from './process-groups.ts';
import { Register } from './register.ts';
import { testingInventory } from './testing-inventory.ts';

const CASSANDRA = { site: 'paris', components: ['cassandra'] } as const;
const NAME = 'paris-cassandra-0';

let home = '';
let state = '';
let groups: ProcessGroups;
let register: Register;
let cpu: CpuEffects;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'drill-groups-'));
  state = mkdtempSync(join(tmpdir(), 'drill-state-'));
  groups = await ProcessGroups.make({ cpu: { directory: home, version: 1 } }, state);
  for (const name of ['paris', 'london'].flatMap((site) => [`${site}-cassandra-0`, `${site}-janusgraph-0`])) {
    groups.add(name, 4711);
    kernel(name, 'cpu.cfs_quota_us', '-1\n');
    kernel(name, 'cpu.cfs_period_us', '100000\n');
    kernel(name, 'cpu.stat', 'nr_periods 7\nnr_throttled 3\nthrottled_time 5000000\n');
  }
  register = new Register(
    join(state, 'faults.json'),
    async ({ params }) => ('id' in params ? cpu.undo(params.id) : undefined),
    () => 0,
  );
  for (const id of ['a', 'b']) register.record(id, 'run', [{ kind: 'cpu', params: { id } }], 1_000);
  cpu = new CpuEffects(testingInventory().inventory, register, groups);
});
afterEach(() => {
  for (const one of [home, state]) rmSync(one, { recursive: true, force: true });
});

/** A file of the kernel's as one that is written and read. */
function kernel(name: string, file: string, text: string): void {
  writeFileSync(join(groups.of('cpu', name).directory, file), text);
}
const of = (site: string, component: string) =>
  cpu.observe().find((one) => one.site === site && one.component === component);

test('a quota stands in the kernel, who had to wait is counted from then on, and its undo lifts it', async () => {
  await cpu.limit('a', CASSANDRA, 0.2);
  kernel(NAME, 'cpu.stat', 'nr_periods 17\nnr_throttled 12\nthrottled_time 905000000\n');
  const counted = { periods: 10, throttled: 9, throttledUs: 900_000 };
  expect(of('paris', 'cassandra')).toEqual({
    ...{ site: 'paris', component: 'cassandra', node: 0 },
    cores: 0.2,
    ...counted,
  });
  expect(of('paris', 'janusgraph')?.cores).toBeNull();
  expect(of('london', 'cassandra')?.cores).toBeNull();
  expect(cpu.inForce()).toEqual(['a']);
  cpu.undo('a');
  cpu.undo('a');
  expect([of('paris', 'cassandra')?.cores, cpu.inForce()]).toEqual([null, []]);
});

test('a processor is one fault’s at a time, and what no fault in the register would undo is not made', async () => {
  await cpu.limit('a', CASSANDRA, 0.2);
  await expect(cpu.limit('b', CASSANDRA, 0.5)).rejects.toThrow('the processor time of paris is limited already, by a');
  cpu.undo('b');
  expect(of('paris', 'cassandra')?.cores).toBe(0.2);
  await expect(cpu.limit('c', CASSANDRA, 0.2)).rejects.toThrow('no fault in the register');
});

test('where processes are in no such groups nothing can be limited, and nothing is observed', async () => {
  const none = new CpuEffects(testingInventory().inventory, register, null);
  expect(none.observe()).toEqual([]);
  await expect(none.limit('a', CASSANDRA, 0.2)).rejects.toThrow('no groups with a quota of the processor');
  none.undo('a');
});
