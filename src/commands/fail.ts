import { CommanderError } from 'commander';
import { EXIT, type ExitCode, isDrillError, messageOf } from '../errors.ts';
import { shown } from '../text.ts';

/** Says what went wrong and what to do about it; returns the exit code that says the same. */
export function fail(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.badInput;
  say(
    `error: ${isDrillError(error) && error.exitCode === EXIT.badInput ? (error as Error).message : messageOf(error)}`,
  );
  if (isDrillError(error)) {
    if (error.hint) say(`  what to do: ${error.hint}`);
    return error.exitCode;
  }
  say(`${error instanceof Error ? error.stack : ''}\n  this is a defect in the harness`);
  return EXIT.defect;
}

/** A name that somebody typed is part of it, so nothing of it is obeyed by a terminal. */
function say(text: string): void {
  process.stderr.write(`${shown(text)}\n`);
}
