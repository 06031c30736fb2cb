import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const leave = fileURLToPath(new URL('leave.ts', import.meta.url));

/** Runs this in a process that has imported `leave`. */
function run(script: string) {
  const args = ['--input-type=module', '-e', `import { leave } from ${JSON.stringify(leave)};\n${script}`];
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 });
  return { status, signal, stdout, stderr };
}

test.each([0, 1, 3, 6])('with the code %d, and what was printed', (code) => {
  const said = run(`console.log('said'); console.error('why'); leave(${code});`);
  expect(said).toEqual({ status: code, signal: null, stdout: 'said\n', stderr: 'why\n' });
});

test('at once: nothing that is under way is waited for, and no handler of the exit', () => {
  const waits = `setInterval(() => {}, 1000); process.on('exit', () => { for (;;); });`;
  expect(run(`${waits} leave(2); console.log('not reached');`)).toMatchObject({ status: 2, stdout: '' });
});

test('where no process can become another one, as Node does it', () => {
  expect(run('process.execve = undefined; leave(4);')).toMatchObject({ status: 4 });
  expect(run(`process.execve = () => { throw new Error('no'); }; leave(5);`)).toMatchObject({ status: 5, stderr: '' });
});
