import { expect, test } from 'vitest';
import { findGroupHome, findGroupHomes, type GroupsOfMachine } from './group-home.ts';

/** A machine of these files; what is not named is not there, and what is not in `writable` is somebody else's. */
function machine(files: Readonly<Record<string, string>>, writable: readonly string[]): GroupsOfMachine {
  return { read: (path) => files[path] ?? null, writable: (path) => writable.includes(path) };
}

const V1 = {
  '/proc/self/cgroup': '4:memory:/jobs/7\n1:name=systemd:/\n0::/\n',
  '/proc/self/mountinfo':
    '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n',
};
const SLICE = '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice';
const V2 = {
  '/proc/self/cgroup': '0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-1.scope\n',
  '/proc/self/mountinfo': '30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n',
  [`${SLICE}/run-1.scope/cgroup.subtree_control`]: '\n',
  [`${SLICE}/cgroup.subtree_control`]: 'cpu memory pids\n',
};

test('v1: beside this process, where its group may be written', () => {
  expect(findGroupHome('memory', machine(V1, ['/sys/fs/cgroup/memory/jobs/7']))).toEqual({
    directory: '/sys/fs/cgroup/memory/jobs/7',
    version: 1,
  });
  expect(findGroupHome('memory', machine(V1, []))).toContain(
    "/sys/fs/cgroup/memory/jobs/7 is not this user's to write",
  );
});

test('v1 in a container, which sees a part of the hierarchy', () => {
  const files = {
    '/proc/self/cgroup': '4:memory:/docker/abc/inner\n',
    '/proc/self/mountinfo': '35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n',
  };
  expect(findGroupHome('memory', machine(files, ['/sys/fs/cgroup/memory/inner']))).toMatchObject({
    directory: '/sys/fs/cgroup/memory/inner',
  });
});

test("v2: in the nearest group round this process that gives memory to its children, where it is the user's", () => {
  expect(findGroupHome('memory', machine(V2, [SLICE, `${SLICE}/cgroup.procs`]))).toEqual({
    directory: SLICE,
    version: 2,
  });
  expect(findGroupHome('memory', machine(V2, [SLICE]))).toContain(`${SLICE} is not this user's to write`);
  const none = { ...V2, [`${SLICE}/cgroup.subtree_control`]: 'pids\n' };
  expect(findGroupHome('memory', machine(none, [SLICE]))).toContain('gives memory to its children');
});

test('the processor has one name in both', () => {
  const old = {
    '/proc/self/cgroup': '3:cpuset:/\n2:cpuacct:/\n1:cpu,cpuacct:/jobs\n',
    '/proc/self/mountinfo': '36 31 0:33 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n',
  };
  expect(findGroupHome('cpu', machine(old, ['/sys/fs/cgroup/cpu/jobs']))).toEqual({
    directory: '/sys/fs/cgroup/cpu/jobs',
    version: 1,
  });
  expect(findGroupHome('cpu', machine(old, []))).toContain('only root may limit processors here');
  expect(findGroupHome('cpu', machine(V2, [SLICE, `${SLICE}/cgroup.procs`]))).toEqual({ directory: SLICE, version: 2 });
});

test('v2: a process is in one group, so that all controllers come from one, however far round it', () => {
  const user = '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service';
  const files = {
    ...V2,
    [`${SLICE}/cgroup.subtree_control`]: 'memory pids\n',
    [`${user}/cgroup.subtree_control`]: 'cpu memory pids\n',
  };
  const mine = [SLICE, `${SLICE}/cgroup.procs`, user, `${user}/cgroup.procs`];
  const near = { directory: SLICE, version: 2 };
  const far = { directory: user, version: 2 };
  expect(findGroupHomes(['memory'], machine(files, mine))).toEqual({ memory: near });
  expect(findGroupHomes(['memory', 'cpu'], machine(files, mine))).toEqual({ memory: far, cpu: far });
  expect(findGroupHomes(['memory', 'cpu', 'disk'], machine(files, mine))).toMatch(
    /gives memory and cpu and io to its children.*systemd-run --user --scope -p CPUWeight=100 -p IOWeight=100$/,
  );
  expect(findGroupHomes([], machine({}, []))).toEqual({});
});

test('the disk goes by other names: blkio in v1, io in v2', () => {
  const old = {
    '/proc/self/cgroup': '7:blkio:/\n4:memory:/jobs/7\n',
    '/proc/self/mountinfo': '36 31 0:33 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio\n',
  };
  expect(findGroupHome('disk', machine(old, ['/sys/fs/cgroup/blkio']))).toEqual({
    directory: '/sys/fs/cgroup/blkio',
    version: 1,
  });
  expect(findGroupHome('disk', machine(old, []))).toContain('only root may limit a disk here');
  expect(findGroupHome('disk', machine(V2, [SLICE, `${SLICE}/cgroup.procs`]))).toContain('gives io to its children');
  const given = { ...V2, [`${SLICE}/cgroup.subtree_control`]: 'io memory\n' };
  expect(findGroupHome('disk', machine(given, [SLICE, `${SLICE}/cgroup.procs`]))).toMatchObject({ version: 2 });
});

test.each([
  [{}],
  [{ '/proc/self/cgroup': '0::/\n' }],
  [{ '/proc/self/cgroup': '4:memory:/jobs/7\n', '/proc/self/mountinfo': '' }],
  [{ '/proc/self/cgroup': '0::/a\n', '/proc/self/mountinfo': '30 23 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n' }],
])('a machine with %j has no place for them, and it is said why', (files) => {
  expect(findGroupHome('memory', machine(files, []))).toMatch(/mounted/);
});
