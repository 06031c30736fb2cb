/** `npm run k6:build`: prints where the binary is. */
import { fail } from '../src/commands/fail.ts';
import { buildK6 } from './build.ts';

try {
  process.stdout.write(`${buildK6((line) => process.stderr.write(`${line}\n`))}\n`);
} catch (error) {
  process.exit(fail(error));
}
