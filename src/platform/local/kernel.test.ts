import { expect, test } from 'vitest';
import { tryKernel } from './kernel.ts';

const failing = (said: string) => async () => {
  throw new Error(said);
};

test('a kernel that takes the delay can', async () => {
  const asked: string[] = [];
  const kernel = await tryKernel(async (argv) => void asked.push(argv.join(' ')), 'linux');
  expect(kernel.netem).toBeNull();
  expect(asked).toEqual(['unshare --user --map-root-user --net -- tc qdisc add dev lo root netem delay 1ms']);
});

test.each(['Error: Specified qdisc kind is unknown.', 'RTNETLINK answers: No such file or directory'])(
  'one that does not know it cannot, and is told what would help: %s',
  async (said) => {
    const { netem } = await tryKernel(failing(said), 'linux');
    expect(netem?.why).toMatch(/^the kernel \S+ has no sch_netem$/);
    expect(netem?.help).toContain('modprobe sch_netem');
  },
);

test.each([
  ['unshare: failed to execute tc: No such file or directory', 'linux', 'a delay cannot be tried'],
  ['spawn unshare ENOENT', 'linux', 'a delay cannot be tried'],
  ['unshare: unshare failed: Operation not permitted', 'linux', 'Operation not permitted'],
  ['', 'darwin', 'this is darwin'],
])('where it cannot be tried nobody knows: %s %s', async (said, system, why) => {
  expect((await tryKernel(failing(said), system)).netem?.why).toContain(why);
});
