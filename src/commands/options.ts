import type { Command, OptionValues } from 'commander';
import { fail } from './fail.ts';

/** What a command of its own (`npm run torture`) is told. Ends the process after `--help`, and with the exit code of bad input at what it does not know. */
export function optionsOf<T extends OptionValues>(command: Command): T {
  try {
    return command.exitOverride().parse().opts<T>();
  } catch (error) {
    process.exit(fail(error));
  }
}
