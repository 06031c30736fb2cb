import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GroupHomes } from './group-home.ts';
import { groupsFile } from './paths.ts';
import { ProcessGroups, removeLeftGroups } from './process-groups.ts';

let memory = '';
let disk = '';
let state = '';
beforeEach(() => {
  [memory, disk, state] = ['memory', 'disk', 'state'].map((one) => mkdtempSync(join(tmpdir(), `drill-${one}-`))) as [
    string,
    string,
    string,
  ];
});
afterEach(() => {
  for (const one of [memory, disk, state]) rmSync(one, { recursive: true, force: true });
});

const NAME = 'paris-cassandra-0';
const both = (): GroupHomes => ({
  memory: { directory: memory, version: 1 },
  disk: { directory: disk, version: 1 },
});
const own = (home: string): string => join(home, readdirSync(home)[0] as string);

test('a process is moved into a group of each hierarchy; a limit that was not asked for is none', async () => {
  const groups = await ProcessGroups.make(both(), state);
  groups.add(NAME, 4711);
  for (const home of [memory, disk]) expect(readFileSync(join(own(home), NAME, 'cgroup.procs'), 'utf8')).toBe('4711');
  expect(groups.of('disk', NAME)).toEqual({ directory: join(own(disk), NAME), version: 1 });
  const one = await ProcessGroups.make({ memory: { directory: memory, version: 1 } }, mkdtempSync(join(state, 'x-')));
  expect(() => one.of('disk', NAME)).toThrow('no groups with a limit of disk');
  expect([one.has('memory'), one.has('disk')]).toEqual([true, false]);
});

test('v2: one group for both, whose children get both controllers', async () => {
  const home = { directory: memory, version: 2 } as const;
  const groups = await ProcessGroups.make({ memory: home, disk: home }, state);
  groups.add(NAME, 4711);
  expect(readdirSync(memory)).toHaveLength(1);
  expect(groups.of('memory', NAME)).toEqual(groups.of('disk', NAME));
});

test('the groups are known on disk before they are there, and removed by whoever comes next', async () => {
  const groups = await ProcessGroups.make(both(), state);
  expect(readFileSync(groupsFile(state), 'utf8').split('\n')).toEqual([own(memory), own(disk)]);
  mkdirSync(join(own(memory), NAME));
  mkdirSync(join(own(disk), NAME));
  const left = [own(memory), own(disk)];
  await removeLeftGroups(state);
  expect(left.map(existsSync)).toEqual([false, false]);
  expect(existsSync(groupsFile(state))).toBe(false);
  await removeLeftGroups(state);
  await groups.remove();
});

test('what waits for a disk that was slow can end: its limit is lifted before its group is removed', async () => {
  await ProcessGroups.make(both(), state);
  const group = join(own(disk), NAME);
  mkdirSync(group);
  const limit = join(group, 'blkio.throttle.write_bps_device');
  writeFileSync(limit, '254:0 8000\n');
  const removing = removeLeftGroups(state);
  expect(readFileSync(limit, 'utf8')).toBe('254:0 0');
  // As the kernel does, whose files are no files of their own.
  rmSync(limit);
  await removing;
  expect(existsSync(group)).toBe(false);
});

test('a group in which a process lives is no group to remove: it is named, and known still', async () => {
  await ProcessGroups.make(both(), state);
  mkdirSync(join(own(disk), NAME, 'busy'), { recursive: true });
  await expect(removeLeftGroups(state)).rejects.toThrow('control groups cannot be removed');
  expect(existsSync(groupsFile(state))).toBe(true);
}, 20_000);

test('what is no group of ours is left alone, whatever the file says', async () => {
  mkdirSync(join(memory, 'other'));
  writeFileSync(groupsFile(state), join(memory, 'other'));
  await removeLeftGroups(state);
  expect(existsSync(join(memory, 'other'))).toBe(true);
});
