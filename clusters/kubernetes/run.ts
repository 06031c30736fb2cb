import { type ExecFileOptions, execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PlatformError } from '../../src/errors.ts';

const execute = promisify(execFile);

/** Runs a program and returns what it printed; a PlatformError with what it said when it fails. */
export async function run(
  argv: readonly string[],
  options: ExecFileOptions & { stdin?: string } = {},
): Promise<string> {
  const [file, ...args] = argv as [string, ...string[]];
  const { stdin, ...rest } = options;
  try {
    const running = execute(file, args, { timeout: 120_000, maxBuffer: 1 << 26, ...rest, encoding: 'utf8' });
    // One that does not read its input may be gone before it is written.
    running.child.stdin?.on('error', () => {});
    running.child.stdin?.end(stdin ?? '');
    return (await running).stdout;
  } catch (error) {
    const { stderr, stdout } = error as { stderr?: string; stdout?: string };
    const said = stderr?.trim() || stdout?.trim() || String(error);
    throw new PlatformError(`${argv.slice(0, 6).join(' ')}: ${said}`, { cause: error });
  }
}
