import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PlatformError } from '../../errors.ts';

const run = promisify(execFile);

/** Runs a command of the network and returns what it printed; a PlatformError with what it said. `stdin` is for `nft -f -`. */
export async function command(argv: readonly string[], stdin = ''): Promise<string> {
  const [file, ...args] = argv as [string, ...string[]];
  try {
    const running = run(file, args, { timeout: 10_000, maxBuffer: 1 << 24 });
    // A command that does not read its input may be gone before it is written.
    running.child.stdin?.on('error', () => {});
    running.child.stdin?.end(stdin);
    return (await running).stdout;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() || String(error);
    throw new PlatformError(`${argv.join(' ')}: ${said}`, { cause: error });
  }
}
