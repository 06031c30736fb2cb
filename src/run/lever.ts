import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError, messageOf } from '../errors.ts';

/**
 * The lever: a file that stops every run on this machine, with the reason as its text. That it is there is enough; it is looked for while a run
 * goes on, and no run begins as long as it is there.
 */
export function pulledLever(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim() || 'no reason was given';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Whoever cannot look must not go on as if nothing were there: a share that is not mounted has no file, and no place for one.
    return code === 'ENOENT' && existsSync(dirname(path)) ? null : `it cannot be read: ${messageOf(error)}`;
  }
}

export function pullLever(path: string, reason: string): void {
  try {
    writeFileSync(path, `${reason.trim()}\n`);
  } catch (error) {
    throw new InputError(`the lever cannot be pulled: ${messageOf(error)}`, {
      cause: error,
      hint: 'interrupt the run itself (Ctrl-C), or: npm run drill -- recover --force',
    });
  }
}

/** True when there was one. */
export function releaseLever(path: string): boolean {
  const pulled = pulledLever(path) !== null;
  rmSync(path, { force: true });
  return pulled;
}
