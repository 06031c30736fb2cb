import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DiskSpeedEffects } from './disk-speed-effects.ts';
import { ProcessGroups } from './process-groups.ts';
import { Register } from './register.ts';
import { testingInventory } from './testing-inventory.ts';

const DISK = '254:0';
const CASSANDRA = { site: 'paris', components: ['cassandra'] } as const;
const SLOW = { readBps: null, writeBps: 8_000 };

let home = '';
let state = '';
let groups: ProcessGroups;
let register: Register;
let disk: DiskSpeedEffects;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'drill-groups-'));
  state = mkdtempSync(join(tmpdir(), 'drill-state-'));
  groups = await ProcessGroups.make({ disk: { directory: home, version: 1 } }, state);
  for (const site of ['paris', 'london']) groups.add(`${site}-cassandra-0`, 4711);
  register = new Register(
    join(state, 'faults.json'),
    async ({ params }) => ('id' in params ? disk.undo(params.id) : undefined),
    () => 0,
  );
  for (const id of ['a', 'b']) register.record(id, 'run', [{ kind: 'disk-speed', params: { id } }], 1_000);
  disk = new DiskSpeedEffects(testingInventory().inventory, register, groups, () => DISK);
});
afterEach(() => {
  for (const one of [home, state]) rmSync(one, { recursive: true, force: true });
});

const through = (bytes: number): void =>
  writeFileSync(
    join(groups.of('disk', 'paris-cassandra-0').directory, 'blkio.throttle.io_service_bytes'),
    `${DISK} Write ${bytes}\n`,
  );

test('a limit stands in the kernel, what went through the disk is counted from then on, and its undo lifts it', async () => {
  through(50_000);
  await disk.limit('a', CASSANDRA, SLOW);
  through(58_000);
  const [paris, london] = await disk.observe();
  expect(paris).toMatchObject({ site: 'paris', ...SLOW, writtenBytes: 8_000, readBytes: 0 });
  expect(london).toMatchObject({ site: 'london', readBps: null, writeBps: null, waited: false });
  expect(disk.inForce()).toEqual(['a']);
  disk.undo('a');
  disk.undo('a');
  expect([(await disk.observe())[0]?.writeBps, disk.inForce()]).toEqual([null, []]);
});

test('a disk that is slow, and for which nobody had to wait, says so', async () => {
  await disk.limit('a', CASSANDRA, SLOW);
  expect((await disk.observe())[0]).toMatchObject({ waiting: 0, waited: false });
});

test('a disk is one fault’s at a time', async () => {
  await disk.limit('a', CASSANDRA, SLOW);
  await expect(disk.limit('b', CASSANDRA, SLOW)).rejects.toThrow('the disk of paris is limited already, by a');
  disk.undo('b');
  expect((await disk.observe())[0]?.writeBps).toBe(8_000);
});

test('what no fault in the register would undo is not made', async () => {
  await expect(disk.limit('c', CASSANDRA, SLOW)).rejects.toThrow('no fault in the register');
});

test('where processes are in no such groups nothing can be limited, and nothing is observed', async () => {
  const none = new DiskSpeedEffects(testingInventory().inventory, register, null, () => DISK);
  expect(await none.observe()).toEqual([]);
  await expect(none.limit('a', CASSANDRA, SLOW)).rejects.toThrow('no groups with a limit of the disk');
  none.undo('a');
});
