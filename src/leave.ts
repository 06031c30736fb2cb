import { existsSync } from 'node:fs';
import type { Writable } from 'node:stream';

const SHELL = '/bin/sh';

/**
 * Ends this process with an exit code, once what it printed is with its reader. By becoming another program that does nothing else: Node's own exit waits for
 * its compiler's threads, which now and then wait for it, for ever (https://github.com/nodejs/node/issues/54918), and with it whoever waits for the
 * code of a drill. What was healed and written is not touched by either.
 */
export async function leave(code: number): Promise<never> {
  await Promise.all([printed(process.stdout), printed(process.stderr)]);
  // Not on Windows.
  if (process.execve !== undefined && existsSync(SHELL)) {
    try {
      process.execve(SHELL, ['sh', '-c', `exit ${code}`], {});
    } catch {
      // As everybody else leaves.
    }
  }
  process.exit(code);
}

/** Resolves when all of it is written, or nobody reads it any more. */
function printed(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
