import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import type { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { startBeforeOthers } from './precedence.ts';

/** Says its priority, and that of a process it starts. */
const SAYS = 'echo $(nice) $(sh -c nice); sleep 60';

const start = (): ChildProcess => spawn('sh', ['-c', SAYS], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });

const autogroupOf = (pid: number | undefined): string =>
  existsSync(`/proc/${pid}/autogroup`) ? readFileSync(`/proc/${pid}/autogroup`, 'utf8').trim() : '';

/** What it says of itself, and its group. */
async function priorities(child: ChildProcess): Promise<{ said: string; group: string }> {
  try {
    const [line] = (await once(child.stdout as Readable, 'data')) as [Buffer];
    return { said: line.toString().trim(), group: autogroupOf(child.pid) };
  } finally {
    process.kill(-(child.pid as number), 'SIGKILL');
  }
}

/** Whether this user may put a process before others at all. */
const mayPrecede = ((): boolean => {
  const mine = getPriority();
  try {
    setPriority(mine - 1);
  } catch {
    return false;
  }
  setPriority(mine);
  return true;
})();

test.skipIf(!mayPrecede)(
  'what measures runs before others, with its group and all that it starts; who started it as before',
  async () => {
    const before = [getPriority(), autogroupOf(process.pid)];
    const { said, group } = await priorities(startBeforeOthers(start));
    expect(said).toBe('-10 -10');
    if (group !== '') expect(group).toMatch(/ nice -10$/);
    expect([getPriority(), autogroupOf(process.pid)]).toEqual(before);
    expect((await priorities(start())).said).toBe('0 0');
  },
);

test('one that cannot be started leaves the priority as it was', () => {
  const before = getPriority();
  expect(() =>
    startBeforeOthers(() => {
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(getPriority()).toBe(before);
});
