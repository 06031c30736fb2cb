import { accessSync, constants, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { PlatformError } from '../../errors.ts';

/** What the kernel's control groups limit: the memory of processes, what they read from and write to a disk, and their processor time. */
export type Controller = 'memory' | 'disk' | 'cpu';

/** Its names in both versions, what people call its limits, and what has systemd give it to a group. */
export const CONTROLLERS = {
  memory: { old: 'memory', name: 'memory', what: 'limit memory', unit: [] },
  disk: { old: 'blkio', name: 'io', what: 'limit a disk', unit: ['-p IOWeight=100'] },
  cpu: { old: 'cpu', name: 'cpu', what: 'limit processors', unit: ['-p CPUWeight=100'] },
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

export type GroupHomes = Partial<Record<Controller, GroupHome>>;

/** Where the user that runs this may make groups with a controller, or in words why nowhere. */
export function findGroupHome(controller: Controller, machine: GroupsOfMachine = MACHINE): GroupHome | string {
  const homes = findGroupHomes([controller], machine);
  return typeof homes === 'string' ? homes : (homes[controller] as GroupHome);
}

/**
 * Where groups with all of these controllers can be made, or in words why nowhere. v1: of each in the group of this process. v2: in the nearest group round it that gives
 * all of them to its children, as the groups of a user's own systemd do for memory; processes may be moved within it, and each is in one group only (cgroups(7)).
 */
export function findGroupHomes(
  controllers: readonly Controller[],
  machine: GroupsOfMachine = MACHINE,
): GroupHomes | string {
  const groups = (machine.read('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  const homes: GroupHomes = {};
  const unified: Controller[] = [];
  for (const controller of controllers) {
    const { old, what } = CONTROLLERS[controller];
    const own = groups.find(([, mine = '']) => mine.split(',').includes(old));
    if (!own) {
      unified.push(controller);
      continue;
    }
    const directory = mounted(machine, 'cgroup', old, own.slice(2).join(':'));
    if (directory === null) return `the ${old} controller (cgroup v1) is mounted nowhere`;
    if (!machine.writable(directory)) return `${directory} is not this user's to write: only root may ${what} here`;
    homes[controller] = { directory, version: 1 };
  }
  if (unified.length === 0) return homes;
  const directory = unifiedHome(unified, groups, machine);
  if (typeof directory === 'string') return directory;
  for (const controller of unified) homes[controller] = directory;
  return homes;
}

/** As `findGroupHomes`; a PlatformError where there are none. */
export function requireGroupHomes(controllers: readonly Controller[]): GroupHomes {
  const homes = findGroupHomes(controllers);
  if (typeof homes !== 'string') return homes;
  throw new PlatformError(`no process can have a limit of ${controllers.join(' and ')} here: ${homes}`);
}

function unifiedHome(
  controllers: readonly Controller[],
  groups: readonly (readonly string[])[],
  machine: GroupsOfMachine,
): GroupHome | string {
  const names = controllers.map((one) => CONTROLLERS[one].name);
  const own = groups.find(([number, mine]) => number === '0' && mine === '');
  const directory = own ? mounted(machine, 'cgroup2', null, own.slice(2).join(':')) : null;
  if (directory === null) return `there is no ${names[0]} controller: neither cgroup v1 nor v2 is mounted with it`;
  const start = ['systemd-run --user --scope', ...controllers.flatMap((one) => CONTROLLERS[one].unit)].join(' ');
  for (let at = directory; at.length > 1; at = dirname(at)) {
    const given = machine.read(join(at, 'cgroup.subtree_control'));
    if (given === null) break;
    if (!names.every((name) => given.trim().split(' ').includes(name))) continue;
    if (machine.writable(at) && machine.writable(join(at, 'cgroup.procs'))) return { directory: at, version: 2 };
    return `${at} is not this user's to write; start the harness in a group of this user's: ${start}`;
  }
  return `no group round ${directory} gives ${names.join(' and ')} to its children; start the harness in one that does: ${start}`;
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
