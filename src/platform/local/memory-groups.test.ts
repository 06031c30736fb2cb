import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MemoryGroups } from './memory-groups.ts';
import { ProcessGroups } from './process-groups.ts';

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
/** In the files of v1. */
const made = (): Promise<ProcessGroups> => ProcessGroups.make({ memory: { directory: home, version: 1 } }, state);
const own = (): string => join(home, readdirSync(home)[0] as string);

/** The files that the kernel keeps in a group of v1, as files that are written and read. */
function kernel(groups: ProcessGroups, usedBytes: number): (file: string) => string {
  groups.add(NAME, 4711);
  const at = (file: string): string => join(own(), NAME, file);
  writeFileSync(at('memory.limit_in_bytes'), '9223372036854771712\n');
  writeFileSync(at('memory.usage_in_bytes'), `${usedBytes}\n`);
  writeFileSync(at('memory.failcnt'), '7\n');
  writeFileSync(at('memory.oom_control'), 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n');
  return (file) => readFileSync(at(file), 'utf8').trim();
}

test('a process is moved into its group; what it uses, and that it has no limit', async () => {
  const groups = await made();
  const read = kernel(groups, 1_000);
  expect(read('cgroup.procs')).toBe('4711');
  expect(new MemoryGroups(groups).state(NAME)).toEqual({ limitBytes: null, usedBytes: 1_000, reclaims: 7, killed: 1 });
});

test('a limit is a share of what is used now, and what came before it is not counted; lifted it is gone', async () => {
  const all = await made();
  const read = kernel(all, 1_000);
  const groups = new MemoryGroups(all);
  await groups.limit(NAME, 0.9);
  expect(read('memory.limit_in_bytes')).toBe('900');
  writeFileSync(join(own(), NAME, 'memory.failcnt'), '12');
  expect(groups.state(NAME)).toEqual({ limitBytes: 900, usedBytes: 1_000, reclaims: 5, killed: 0 });
  groups.lift(NAME);
  expect(read('memory.limit_in_bytes')).toBe('-1');
  expect(groups.state(NAME).limitBytes).toBeNull();
  groups.lift('paris-janusgraph-0');
});
