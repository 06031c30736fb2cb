/** `npm run k6:build`: prints where the binary is. */
import { Command } from 'commander';
import { fail } from '../src/commands/fail.ts';
import { optionsOf } from '../src/commands/options.ts';
import { buildK6 } from './build.ts';

optionsOf(new Command('k6:build').description('Builds k6 with its extensions, and prints where it is.'));
try {
  process.stdout.write(`${buildK6((line) => process.stderr.write(`${line}\n`))}\n`);
} catch (error) {
  process.exit(fail(error));
}
