import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GROUP } from './places.ts';

const ROOT = '/sys/fs/cgroup';

/** Of the second version of control groups there is one hierarchy, of the first one for each controller. */
function hierarchies(): readonly string[] {
  const first = readdirSync(ROOT).filter((name) => existsSync(join(ROOT, name, 'cgroup.procs')));
  return existsSync(join(ROOT, 'cgroup.controllers')) ? [ROOT] : first.map((name) => join(ROOT, name));
}

/** Our directory in each hierarchy, with those of every node. */
export function ourGroups(): readonly string[] {
  return hierarchies()
    .map((place) => join(place, GROUP))
    .filter((group) => existsSync(group));
}

/** A directory of a node in each hierarchy: what its containers are in. */
export function makeGroups(node: string): void {
  for (const hierarchy of hierarchies()) {
    if (hierarchy.endsWith('/unified')) continue;
    let parent = hierarchy;
    for (const part of [GROUP, node]) {
      const directory = join(parent, part);
      allow(parent);
      mkdirSync(directory, { recursive: true });
      // A new group of this controller has no CPU and no memory until it is given some.
      for (const file of hierarchy.endsWith('/cpuset') ? ['cpuset.cpus', 'cpuset.mems'] : []) {
        writeFileSync(join(directory, file), readFileSync(join(parent, file)));
      }
      parent = directory;
    }
    allow(parent);
    weigh(join(hierarchy, GROUP));
  }
}

/** All pods together as much as six processes of the machine: as one, any test that runs beside them would starve them. */
function weigh(group: string): void {
  const files = { 'cpu.shares': '3072', 'cpu.weight': '600' };
  for (const [file, value] of Object.entries(files)) {
    if (existsSync(join(group, file))) writeFileSync(join(group, file), value);
  }
}

/** In the second version a group's children have only the controllers that it passes on. */
function allow(group: string): void {
  if (!existsSync(join(group, 'cgroup.controllers'))) return;
  for (const controller of readFileSync(join(group, 'cgroup.controllers'), 'utf8').trim().split(' ')) {
    if (controller) writeFileSync(join(group, 'cgroup.subtree_control'), `+${controller}`);
  }
}

function childrenOf(group: string): readonly string[] {
  return readdirSync(group, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(group, entry.name));
}

/** Every process in a group and those below it, as the host numbers them. */
export function pidsUnder(group: string): readonly number[] {
  try {
    const own = readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
    return [...own, ...childrenOf(group).flatMap(pidsUnder)];
  } catch {
    return [];
  }
}

/** What is frozen cannot die. */
export function thaw(group: string): void {
  for (const child of childrenOf(group)) thaw(child);
  const files = { 'freezer.state': 'THAWED', 'cgroup.freeze': '0' };
  for (const [file, value] of Object.entries(files)) {
    if (existsSync(join(group, file))) writeFileSync(join(group, file), value);
  }
}

/** True when it is gone: one that had a process a moment ago may have to be asked again. */
export function removeGroup(group: string): boolean {
  try {
    for (const child of childrenOf(group)) removeGroup(child);
    rmdirSync(group);
    return true;
  } catch {
    return !existsSync(group);
  }
}
