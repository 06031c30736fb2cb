import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { expect, test } from 'vitest';
import { letPrecede } from './precedence.ts';

function sleeper() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true });
  const pid = child.pid as number;
  return { pid, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

/** Whether this user may put a process before others at all. */
const mayPrecede = ((): boolean => {
  using other = sleeper();
  try {
    setPriority(other.pid, -1);
    return true;
  } catch {
    return false;
  }
})();

const autogroupOf = (pid: number): string =>
  existsSync(`/proc/${pid}/autogroup`) ? readFileSync(`/proc/${pid}/autogroup`, 'utf8') : 'none nice 0';

test.skipIf(!mayPrecede)('what measures runs before others, with its group, and who started it as before', () => {
  const before = [getPriority(), autogroupOf(process.pid)];
  using other = sleeper();
  const grouped = autogroupOf(other.pid).startsWith('/');
  letPrecede(other.pid);
  expect(getPriority(other.pid)).toBe(-10);
  expect(autogroupOf(other.pid).trim().split(' ').at(-1)).toBe(grouped ? '-10' : '0');
  expect([getPriority(), autogroupOf(process.pid)]).toEqual(before);
});

test('one that was not started, or has ended, is no error', async () => {
  letPrecede(undefined);
  const child = spawn(process.execPath, ['-e', '0']);
  await once(child, 'close');
  letPrecede(child.pid);
});
