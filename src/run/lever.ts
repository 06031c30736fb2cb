import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';

/**
 * The lever: a file that stops every run on this machine, with the reason as its text. That it is there is enough; it is looked for while a run
 * goes on, and no run begins as long as it is there.
 */
export function pulledLever(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim() || 'no reason was given';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Whoever cannot look must not go on as if nothing were there.
    return code === 'ENOENT' || code === 'ENOTDIR' ? null : `it cannot be read: ${messageOf(error)}`;
  }
}

export function pullLever(path: string, reason: string): void {
  writeFileSync(path, `${reason.trim()}\n`);
}

/** True when there was one. */
export function releaseLever(path: string): boolean {
  const pulled = pulledLever(path) !== null;
  rmSync(path, { force: true });
  return pulled;
}
