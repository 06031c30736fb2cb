import { existsSync } from 'node:fs';

const SHELL = '/bin/sh';

/**
 * Ends this process with an exit code, at once. By becoming another program that does nothing else: Node's own exit waits for its compiler's threads, which
 * now and then wait for it, for ever (https://github.com/nodejs/node/issues/54918), and with it whoever waits for the code of a drill. What was healed and
 * written is not touched by either.
 */
export function leave(code: number): never {
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
