import { CommanderError } from 'commander';
import { EXIT, type ExitCode, isDrillError, messageOf } from '../errors.ts';

/** Says what went wrong and what to do about it; returns the exit code that says the same. */
export function fail(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.badInput;
  process.stderr.write(
    `error: ${isDrillError(error) && error.exitCode === EXIT.badInput ? (error as Error).message : messageOf(error)}\n`,
  );
  if (isDrillError(error)) {
    if (error.hint) process.stderr.write(`  what to do: ${error.hint}\n`);
    return error.exitCode;
  }
  process.stderr.write(`${error instanceof Error ? error.stack : ''}\n  this is a defect in the harness\n`);
  return EXIT.defect;
}
