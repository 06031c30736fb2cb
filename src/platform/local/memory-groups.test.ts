import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MemoryGroups, removeLeftGroups } from './memory-groups.ts';
import { memoryGroupsFile } from './paths.ts';

let home = '';
let state = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'drill-groups-'));
  state = mkdtempSync(join(tmpdir(), 'drill-state-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
  rmSync(state, { recursive: true, force: true });
});

const NAME = 'paris-cassandra-0';
const own = (): string => join(home, readdirSync(home)[0] as string);

/** The files that the kernel keeps in a group of v1, as files that are written and read. */
function kernel(groups: MemoryGroups, usedBytes: number): (file: string) => string {
  groups.add(NAME, 4711);
  const at = (file: string): string => join(own(), NAME, file);
  writeFileSync(at('memory.limit_in_bytes'), '9223372036854771712\n');
  writeFileSync(at('memory.usage_in_bytes'), `${usedBytes}\n`);
  writeFileSync(at('memory.failcnt'), '7\n');
  writeFileSync(at('memory.oom_control'), 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n');
  return (file) => readFileSync(at(file), 'utf8').trim();
}

test('a process is moved into its group; what it uses, and that it has no limit', () => {
  const groups = new MemoryGroups({ directory: home, version: 1 }, state);
  const read = kernel(groups, 1_000);
  expect(read('cgroup.procs')).toBe('4711');
  expect(groups.state(NAME)).toEqual({ limitBytes: null, usedBytes: 1_000, reclaims: 7, killed: 1 });
});

test('a limit is a share of what is used now, and what came before it is not counted; lifted it is gone', async () => {
  const groups = new MemoryGroups({ directory: home, version: 1 }, state);
  const read = kernel(groups, 1_000);
  await groups.limit(NAME, 0.9);
  expect(read('memory.limit_in_bytes')).toBe('900');
  writeFileSync(join(own(), NAME, 'memory.failcnt'), '12');
  expect(groups.state(NAME)).toEqual({ limitBytes: 900, usedBytes: 1_000, reclaims: 5, killed: 0 });
  groups.lift(NAME);
  expect(read('memory.limit_in_bytes')).toBe('-1');
  expect(groups.state(NAME).limitBytes).toBeNull();
  groups.lift('paris-janusgraph-0');
});

test('the group is known on disk before it is there, and removed by whoever comes next', () => {
  const groups = new MemoryGroups({ directory: home, version: 1 }, state);
  expect(readFileSync(memoryGroupsFile(state), 'utf8')).toBe(own());
  mkdirSync(join(own(), NAME));
  const left = own();
  removeLeftGroups(state);
  expect(existsSync(left)).toBe(false);
  expect(existsSync(memoryGroupsFile(state))).toBe(false);
  removeLeftGroups(state);
  groups.remove();
});

test('a group in which a process lives is no group to remove: it is named, and known still', () => {
  new MemoryGroups({ directory: home, version: 1 }, state);
  mkdirSync(join(own(), NAME, 'busy'), { recursive: true });
  expect(() => removeLeftGroups(state)).toThrow('memory groups cannot be removed');
  expect(existsSync(memoryGroupsFile(state))).toBe(true);
});

test('what is no group of ours is left alone, whatever the file says', () => {
  mkdirSync(join(home, 'other'));
  writeFileSync(memoryGroupsFile(state), join(home, 'other'));
  removeLeftGroups(state);
  expect(existsSync(join(home, 'other'))).toBe(true);
});
