import { accessSync, constants, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** What the kernel's control groups limit: the memory of processes, and what they read from and write to a disk. */
export type Controller = 'memory' | 'disk';

/** Its names in both versions, and what people call its limits. */
const CONTROLLERS = {
  memory: { old: 'memory', name: 'memory', what: 'limit memory' },
  disk: { old: 'blkio', name: 'io', what: 'limit a disk' },
} as const;

/** A directory of the kernel's control groups in which groups with limits can be made. */
export interface GroupHome {
  readonly directory: string;
  /** cgroup v1 or v2: their files have other names. */
  readonly version: 1 | 2;
}

/** What of the machine decides it. */
export interface GroupsOfMachine {
  /** The text of a file; null when it cannot be read. */
  read(path: string): string | null;
  writable(path: string): boolean;
}

const MACHINE: GroupsOfMachine = {
  read: (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return null;
    }
  },
  writable: (path) => {
    try {
      accessSync(path, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  },
};

/**
 * Where the user that runs this may make groups with a controller, or in words why nowhere. v1: in the group of this process. v2: in the nearest group round it
 * that gives the controller to its children, as the groups of a user's own systemd do for memory; processes may be moved within it (cgroups(7)).
 */
export function findGroupHome(controller: Controller, machine: GroupsOfMachine = MACHINE): GroupHome | string {
  const { old, name, what } = CONTROLLERS[controller];
  const groups = (machine.read('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  const own = groups.find(([, controllers = '']) => controllers.split(',').includes(old));
  if (own) {
    const directory = mounted(machine, 'cgroup', old, own.slice(2).join(':'));
    if (directory === null) return `the ${old} controller (cgroup v1) is mounted nowhere`;
    if (!machine.writable(directory)) return `${directory} is not this user's to write: only root may ${what} here`;
    return { directory, version: 1 };
  }
  const unified = groups.find(([number, controllers]) => number === '0' && controllers === '');
  const directory = unified ? mounted(machine, 'cgroup2', null, unified.slice(2).join(':')) : null;
  if (directory === null) return `there is no ${name} controller: neither cgroup v1 nor v2 is mounted with it`;
  for (let at = directory; at.length > 1; at = dirname(at)) {
    const given = machine.read(join(at, 'cgroup.subtree_control'));
    if (given === null) break;
    if (!given.trim().split(' ').includes(name)) continue;
    if (machine.writable(at) && machine.writable(join(at, 'cgroup.procs'))) return { directory: at, version: 2 };
    return `${at} is not this user's to write; start the harness in a group of this user's: systemd-run --user --scope`;
  }
  return `no group round ${directory} gives ${name} to its children; start the harness in one that does: systemd-run --user --scope`;
}

/** The directory of a group under the mount of its hierarchy; null when that is not mounted (mountinfo: proc(5)). */
function mounted(machine: GroupsOfMachine, type: string, option: string | null, group: string): string | null {
  for (const line of (machine.read('/proc/self/mountinfo') ?? '').split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '', point = ''] = before.split(' ');
    const [kind, , options = ''] = after.split(' ');
    if (kind !== type || (option !== null && !options.split(',').includes(option))) continue;
    if (group !== root && !group.startsWith(root === '/' ? '/' : `${root}/`)) continue;
    return resolve(point, `.${group.slice(root === '/' ? 0 : root.length)}`);
  }
  return null;
}
