import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const leave = fileURLToPath(new URL('leave.ts', import.meta.url));

/** Words of a process that has imported `leave` and does this. */
const doing = (script: string): string[] => [
  '--input-type=module',
  '-e',
  `import { leave } from ${JSON.stringify(leave)};\n${script}`,
];

function run(script: string) {
  const args = doing(script);
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 });
  return { status, signal, stdout, stderr };
}

test.each([0, 1, 3, 6])('with the code %d, and what was printed', (code) => {
  const said = run(`console.log('said'); console.error('why'); await leave(${code});`);
  expect(said).toEqual({ status: code, signal: null, stdout: 'said\n', stderr: 'why\n' });
});

test('nothing that is under way is waited for, and no handler of the exit', () => {
  const waits = `setInterval(() => {}, 1000); process.on('exit', () => { for (;;); });`;
  expect(run(`${waits} await leave(2); console.log('not reached');`)).toMatchObject({ status: 2, stdout: '' });
});

test('where no process can become another one, as Node does it', () => {
  expect(run('process.execve = undefined; await leave(4);')).toMatchObject({ status: 4 });
  expect(run(`process.execve = () => { throw new Error('no'); }; await leave(5);`)).toMatchObject({
    status: 5,
    stderr: '',
  });
});

const MUCH = 3_000_000;
const prints = `process.stdout.on('error', () => {}); process.stdout.write('x'.repeat(${MUCH})); await leave(3);`;

test('a reader that takes its time gets all of it', async () => {
  const child = spawn(process.execPath, doing(prints), { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  let length = 0;
  for await (const chunk of child.stdout) {
    length += (chunk as Buffer).length;
    await sleep(1);
  }
  expect([length, ...(await closed)]).toEqual([MUCH, 3, null]);
});

test('a reader that has gone keeps nobody', async () => {
  const child = spawn(process.execPath, doing(prints), { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.destroy();
  expect(await once(child, 'close')).toEqual([3, null]);
});
